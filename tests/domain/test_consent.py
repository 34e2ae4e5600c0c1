"""What comes back from Microsoft, and what it means."""

import pytest

from lib.domain.consent import Ending, customer_mark, digest, is_token, mark_of, new_token, refusal

RANDOM = "A" * 43


@pytest.mark.parametrize(
    ("error", "codes", "ending"),
    [
        ("consent_required", (65004,), Ending.DECLINED),
        ("access_denied", (), Ending.DECLINED),
        ("permission_denied", (), Ending.DECLINED),
        ("access_denied", (90093,), Ending.ADMIN_CONSENT_REQUIRED),
        ("access_denied", (90094,), Ending.ADMIN_CONSENT_REQUIRED),
        ("consent_required", (90095,), Ending.ADMIN_CONSENT_REQUIRED),
        ("access_denied", (900941,), Ending.ADMIN_CONSENT_REQUIRED),
        ("invalid_grant", (53003,), Ending.BLOCKED_BY_POLICY),
        ("access_denied", (50105,), Ending.BLOCKED_BY_POLICY),
        ("invalid_request", (50020,), Ending.WRONG_ACCOUNT),
        ("server_error", (), Ending.MICROSOFT_ERROR),
        ("access_denied", (123456,), Ending.MICROSOFT_ERROR),
        ("", (), Ending.MICROSOFT_ERROR),
    ],
)
def test_errors_end_as_the_contract_names_them(error: str, codes: tuple[int, ...], ending: Ending):
    assert refusal(error, codes) is ending


def test_a_ticket_tells_where_its_row_is_but_not_whose_it_is():
    ticket = new_token("contoso", RANDOM)

    assert is_token(ticket)
    assert mark_of(ticket) == customer_mark("contoso") != customer_mark("fabrikam")
    assert "contoso" not in ticket


@pytest.mark.parametrize("text", ["", "x", "A" * 59, "0" * 16 + "A" * 42, "0" * 16 + "A" * 44, "0" * 16 + "/" * 43])
def test_other_texts_are_no_tickets(text: str):
    assert not is_token(text)


def test_a_digest_does_not_tell_what_it_is_of():
    assert RANDOM not in digest(RANDOM)
    assert digest("a") != digest("b")
