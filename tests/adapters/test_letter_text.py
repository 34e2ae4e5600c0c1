"""The plain text of a letter: narrow, aligned, and with nothing broken that somebody has to copy."""

import re

import pytest
from hypothesis import given

from lib.adapters.letter_text import as_text, one_line
from lib.domain.letters import Letter, Part
from tests.adapters.letters import APPLICATION, GUIDE, LETTER, letters


def test_a_letter_reads_like_this():
    assert (
        as_text(LETTER)
        == f"""\
The client secret with which the calendar of contoso is read expires on 28
November 2026, in 7 days.

From that day on no interview can be scheduled in this calendar.


Which secret
------------

Entra ID lists it under Certificates & secrets.

Customer:                 contoso
Application (client) ID:  {APPLICATION}
Expires:                  2026-11-28 (UTC)


Users who have to connect again
-------------------------------

- ada@contoso.com
- grace.hopper@contoso.com – her administrator reset the password
  <yesterday>


What to do
----------

1. Open
   {GUIDE}.
2. Choose New client secret, and copy its value: it is shown once, and never
   again after the page was left (see https://learn.microsoft.com/entra,
   section 3).
3. Save it in the Calendar Configuration.

--{" "}
You get this e-mail because your address is among the alert recipients of
contoso's calendar.
"""
    )


@given(letters())
def test_no_line_is_wider_than_76_columns_unless_it_is_one_word(letter: Letter):
    names = [f"{one_line(name)}: " for part in letter.parts for name, _ in part.facts]
    for line in as_text(letter).split("\n"):
        if len(line) > 76:
            name = max((name for name in names if line.startswith(name)), key=len, default="")
            rest = re.sub(r"^ *(?:[0-9]\. |- )?", "", line.removeprefix(name))
            assert " " not in rest.strip(" ")


@pytest.mark.parametrize("word", [GUIDE, APPLICATION, "grace.hopper-o'neill@some-very-long-name.contoso.com"])
def test_addresses_and_ids_are_never_broken(word: str):
    filler = "word " * 13

    letter = Letter("s", (filler + word,), (Part("h", (), (("Name", filler + word),), (filler + word,)),), "w")

    assert as_text(letter).count(word) == 3


def test_ten_steps_stand_below_each_other():
    steps = as_text(Letter("s", (), (Part("Do", steps=("do it",) * 10),), "w")).split("\n")

    assert steps[3:13] == [*(f" {number}. do it" for number in range(1, 10)), "10. do it"]


def test_a_long_name_does_not_push_the_other_values_away():
    facts = (("A name that is longer than any other", "1"), ("Short", "2"))

    text = as_text(Letter("s", (), (Part("h", facts=facts),), "w"))

    assert "A name that is longer than any other:  1\nShort:  2\n" in text


def test_empty_parts_leave_no_empty_lines():
    letter = Letter("s", ("", "a"), (Part(""), Part("", ("", "b"))), "why")

    assert as_text(letter) == "a\n\nb\n\n-- \nwhy\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (" two \r\n lines ", "two lines"),
        ("a\x00b\u2028c\u2029d\x85e", "a b c d e"),
        ("half \ud83d of a smile", "half of a smile"),
        ("not\u00a0broken", "not\u00a0broken"),
        ("", ""),
    ],
)
def test_a_line_is_one_line(text: str, line: str):
    assert one_line(text) == line
