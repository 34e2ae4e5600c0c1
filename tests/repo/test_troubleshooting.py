"""docs/troubleshooting.md says what the dictionary of Microsoft's codes says, of every code, once."""

import re
from pathlib import Path

import pytest

from lib.domain.advice import Advice, Topic, all_codes
from lib.domain.advice.words import APPROVERS, CENTER, TELL_OPERATOR
from tools.troubleshooting import COMMAND, FEDERATED, SECTIONS, document

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
ROWS = [line for line in TEXT.splitlines() if line.startswith("| `")]
SHORTENED = {
    "**Entra ID**": CENTER,
    "[Who may approve](#who-may-approve).": APPROVERS,
    "[Tell the operator](#tell-the-operator).": TELL_OPERATOR,
}


def rows_of(code: str) -> list[str]:
    return [row for row in ROWS if f"`{code}`" in row.split(" | ")[0]]


def test_the_document_is_what_the_dictionary_makes():
    assert document() == TEXT, f"run: {COMMAND}"


@pytest.mark.parametrize("advice", [pytest.param(advice, id=code) for code, advice in all_codes().items()])
def test_every_code_has_one_row_with_the_texts_of_the_answers(advice: Advice):
    (row,) = rows_of(advice.code)
    for short, full in SHORTENED.items():
        row = row.replace(short, full)

    assert f" | {advice.message} | {advice.remedy} | " in row
    assert advice.retry == ("passes by itself" in row.split(" | ")[-1])


def test_no_row_is_of_anything_else():
    told = [code for row in ROWS for code in re.findall(r"`([^`]+)`", row.split(" | ")[0])]

    assert sorted(told) == sorted(all_codes())


def test_every_row_has_four_cells():
    assert len(ROWS) > 50
    for row in ROWS:
        assert len(re.findall(r"(?<!\\)\|", row)) == 5, row


def test_every_topic_belongs_to_one_section():
    listed = [topic for _, topics in SECTIONS for topic in topics]

    assert sorted(listed) == sorted(Topic)


@pytest.mark.parametrize("title", [*(title for title, _ in SECTIONS), FEDERATED, "Who may approve"])
def test_every_section_is_there_and_has_something_to_say(title: str):
    body = TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]

    assert "| `" in body or APPROVERS in body


def test_links_within_the_document_lead_somewhere():
    headings = {re.sub(r"[^a-z0-9 -]", "", line[3:].lower()).replace(" ", "-") for line in TEXT.splitlines()}

    for target in re.findall(r"\]\(#([^)]+)\)", TEXT):
        assert target in headings
