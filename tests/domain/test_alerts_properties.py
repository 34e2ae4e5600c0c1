"""Whole lives of secrets, day by day: which days a letter must come, and which it must not.

What is expected is said by `alert_rules.Rules`, which knows nothing of how the code remembers.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.domain.alerts import Kind
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from tests.domain.alert_rules import START, WEEK, Rules, Scene, tell

deterministic = settings(derandomize=True, deadline=None, max_examples=150, database=None)
thresholds = st.lists(st.integers(0, 120), max_size=6).map(tuple)
gaps = st.integers(1, 3) | st.integers(1, 40)  # days between two scans: some are missed


@st.composite
def lives(draw: st.DrawFn) -> list[Scene]:
    """Draw a life: scans with missed days, in which dates are corrected, secrets renewed, and Entra ID refuses."""
    scene = Scene(START, "v1", Expiry(on=START + timedelta(days=draw(st.integers(-10, 130)))))
    scene = replace(scene, thresholds=draw(thresholds))
    scenes = [scene]
    for number in range(draw(st.integers(1, 25))):
        scene = replace(scene, today=scene.today + timedelta(days=draw(gaps)), asked=draw(st.integers(0, 3)) > 0)
        on = st.integers(-30, 150).map(lambda days, today=scene.today: Expiry(on=today + timedelta(days=days)))
        match draw(st.integers(0, 11)):
            case 0:
                scene = replace(scene, secret=f"v{number + 2}", expires=draw(on), refused=False, expired_by_entra=False)
            case 1 if scene.expires.on:
                moved = draw(st.sampled_from([-40, -2, -1, 1, 2, 40]))
                scene = replace(scene, expires=Expiry(on=scene.expires.on + timedelta(days=moved)))
            case 2:
                scene = replace(scene, expires=draw(st.just(NEVER) | st.just(UNKNOWN) | on))
            case 3:
                scene = replace(scene, refused=not scene.refused)
            case 4:
                scene = replace(scene, withdrawn=not scene.withdrawn)
            case 5:
                scene = replace(scene, thresholds=draw(thresholds))
            case 6:
                scene = replace(scene, expired_by_entra=not scene.expired_by_entra)
        scenes.append(scene)
    return scenes


@deterministic
@given(lives())
def test_every_letter_comes_on_its_day_and_no_other(scenes: list[Scene]):
    rules = Rules()
    for scene, judgement in zip(scenes, tell(scenes), strict=True):
        due, solved = rules.expected(scene)
        assert (set(judgement.due) - {Kind.UNKNOWN}, judgement.solved) == (due, solved), scene
        assert list(judgement.due) == sorted(judgement.due, key=list(Kind).index), "the most urgent first"


@deterministic
@given(thresholds, st.integers(-20, 130), st.lists(gaps, max_size=60))
def test_each_threshold_is_told_by_the_first_scan_after_it_and_after_the_day_it_is_told_weekly(
    thresholds: tuple[int, ...], left: int, gaps: list[int]
):
    days = [START]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    expiry = START + timedelta(days=left)

    expected = set()
    for threshold in {*thresholds, 0}:
        expected |= set([day for day in days if day >= expiry - timedelta(days=threshold)][:1])
    last = max(expected, default=None)
    for day in days:
        if last and day >= expiry and day >= last + WEEK:
            expected.add(last := day)

    scenes = [Scene(day, "v1", Expiry(on=expiry), thresholds=thresholds) for day in days]
    assert {scene.today for scene, said in zip(scenes, tell(scenes), strict=True) if said.due} == expected


@deterministic
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Auckland", "Pacific/Kiritimati", "Asia/Kathmandu"]),
    st.times(),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
@example("Europe/Berlin", time(2, 30), date(2026, 3, 29))  # a wall clock that does not exist
@example("America/New_York", time(1, 30), date(2026, 11, 1))  # one that exists twice
def test_scans_at_a_local_time_tell_each_threshold_once_across_clock_changes(zone: str, at: time, around: date):
    thresholds = (7, 3, 1, 0)
    local = [datetime.combine(around + timedelta(days=days), at, ZoneInfo(zone)) for days in range(-9, 10)]
    days = [moment.astimezone(UTC).date() for moment in local]
    scenes = [Scene(day, "v1", Expiry(on=around), thresholds=thresholds) for day in days]

    told = [scene.today for scene, said in zip(scenes, tell(scenes), strict=True) if said.due]

    assert len(told) == len(set(told)), "at most one letter in a day"
    for threshold in thresholds:
        first = min(day for day in days if day >= around - timedelta(days=threshold))
        assert first in told
    assert len(told) <= len(thresholds) + 1, "and after the day one more: a week later"


@deterministic
@given(
    st.none() | st.integers(-20, 100),
    thresholds,
    st.lists(st.tuples(gaps, st.sampled_from(["expired", "works", "silent"]))),
)
def test_what_entra_id_calls_expired_stays_so_until_entra_id_takes_it_back(
    left: int | None, thresholds: tuple[int, ...], answers: list[tuple[int, str]]
):
    expires = UNKNOWN if left is None else Expiry(on=START + timedelta(days=left))
    scene = Scene(START, "v1", expires, expired_by_entra=True, thresholds=thresholds)
    scenes = [scene]
    for gap, answer in answers:
        today = scenes[-1].today + timedelta(days=gap)
        scenes.append(replace(scene, today=today, asked=answer != "silent", expired_by_entra=answer == "expired"))

    last: date | None = None
    for scene, said in zip(scenes, tell(scenes), strict=True):
        by_date = scene.seen().expires.days_left(scene.today)
        if scene.asked and scene.expired_by_entra:
            due = last is None or scene.today - last >= WEEK
            assert (Kind.EXPIRED in said.due) is due
            last = scene.today if due else last
        elif not scene.asked:
            assert not said.solved, "an all clear needs an answer of Entra ID"
            last = scene.today if Kind.EXPIRED in said.due else last
        elif by_date is None or by_date > 0:
            assert Kind.EXPIRED not in said.due
            last = None
        elif Kind.EXPIRED in said.due:
            last = scene.today


@deterministic
@given(st.integers(20, 60), st.integers(1, 10))
def test_after_entra_id_took_back_that_it_expired_every_later_threshold_is_told(left: int, recovered_after: int):
    expiry = START + timedelta(days=left)
    scene = Scene(START, "v1", Expiry(on=expiry), thresholds=(60, 7, 3, 1))
    scenes = [
        replace(scene, today=START + timedelta(days=day), expired_by_entra=day < recovered_after)
        for day in range(left + 1)
    ]

    told = {scene.today: said.due for scene, said in zip(scenes, tell(scenes), strict=True)}

    assert [told[expiry - timedelta(days=days)] for days in (7, 3, 1)] == [(Kind.EXPIRING,)] * 3
    assert told[expiry] == (Kind.EXPIRED,)


@deterministic
@given(lives(), st.integers(1, 40), st.integers(200, 700))
def test_a_renewed_secret_brings_one_all_clear_if_anything_was_open_and_then_silence(
    scenes: list[Scene], gap: int, lasts: int
):
    last = scenes[-1].today
    after = [
        Scene(last + timedelta(days=gap + days), "renewed", Expiry(on=last + timedelta(days=gap + lasts)))
        for days in range(30)
    ]
    said = tell([*scenes, *(replace(scene, thresholds=scenes[-1].thresholds) for scene in after)])

    was_open = said[len(scenes) - 1].history.open
    assert [judgement.solved for judgement in said[len(scenes) :]] == [was_open] + [False] * 29
    assert [judgement.due for judgement in said[len(scenes) :]] == [()] * 30, "what was superseded is not reported"


@deterministic
@given(lives())
def test_an_unknown_expiry_is_told_once_per_secret(scenes: list[Scene]):
    said = tell([replace(scene, expires=UNKNOWN, refused=False, expired_by_entra=False) for scene in scenes])

    told = [scene.secret for scene, now in zip(scenes, said, strict=True) if Kind.UNKNOWN in now.due]
    assert len(told) == len(set(told))
    asked = {scene.secret for scene in scenes if scene.asked}
    assert asked <= set(told), "whenever Entra ID could be asked"
    assert set(told) <= asked, "what could not be asked for may be known"


@deterministic
@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.integers(0, 24 * 60 - 1))
def test_a_secret_in_its_last_24_hours_has_been_told(ends: datetime, minutes: int):
    expires = Expiry(on=ends.date())
    now = ends - timedelta(minutes=minutes)

    [said] = tell([Scene(now.date(), "v1", expires, thresholds=(1, 0))])

    assert said.due == ((Kind.EXPIRED,) if now.date() == ends.date() else (Kind.EXPIRING,))
