"""Histories and notices survive being rows."""

from datetime import UTC, date, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.adapters.alert_texts import history_row, notice_row, to_history, to_queued
from lib.domain.alerts import History, Kind, Told
from lib.domain.credential import NEVER, Expiry
from lib.domain.findings import Newer, Trouble
from lib.domain.notices import Notice, Unchecked
from tests.adapters.alerts.letters_waiting import ADA

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_moments = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
_dates = st.dates(date(2000, 1, 1), date(2200, 1, 1))
_told = st.none() | st.builds(Told, _texts, _dates, st.integers(0, 365), st.none() | _dates)
_histories = st.builds(
    History,
    st.just("contoso"),
    _texts,
    *[_told] * 6,
    ended_until=st.none() | _moments,
    ended_told=st.lists(_texts, max_size=3).map(tuple),
    handed_over_at=st.none() | _moments,
)
_expiries = st.sampled_from([Expiry(), NEVER]) | _dates.map(lambda on: Expiry(on=on))
_trouble = st.none() | st.builds(Trouble, _texts, _texts, _texts)
_notices = st.builds(
    Notice,
    st.just("contoso"),
    _texts,
    st.lists(st.sampled_from(Kind), min_size=1, max_size=3).map(tuple),
    _moments,
    expires=_expiries,
    hint=st.none() | _texts,
    refused=_trouble,
    withdrawn=_trouble,
    newer=st.none() | st.sampled_from(Newer),
    newer_until=_expiries,
    users=st.lists(_texts, max_size=3).map(tuple),
    ended_at=st.lists(_texts, max_size=3).map(tuple),
    unchecked=st.lists(st.builds(Unchecked, st.none() | _texts, _texts, _texts), max_size=2).map(tuple),
)


@given(_histories)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_history_survives_being_a_row(history: History):
    assert to_history(history_row(history)) == history


@given(_notices)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_notice_survives_being_a_row(notice: Notice):
    queued = to_queued(notice_row(notice, ADA))

    assert (queued.notice, queued.recipient, queued.refusals, queued.not_before) == (notice, ADA, 0, None)
