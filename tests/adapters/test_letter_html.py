"""The HTML of a letter: the same words as the text, nothing from elsewhere, and nothing that a value can break."""

import re
from dataclasses import replace

import pytest
from hypothesis import given

from lib.adapters.letter_html import as_html
from lib.adapters.letter_text import as_text
from lib.domain.letters import Letter, Part
from tests.adapters.letters import GUIDE, LETTER, Shown, letters, words

TAGS = {"html", "head", "meta", "title", "style", "body", "div", "h2", "p", "span", "ul", "ol", "li", "a"}
HOSTILE = "</p></title></style><script>alert(1)</script><img src=https://evil.example/x onerror='x'> & \" onload=\"x"


@given(letters())
def test_both_forms_have_the_same_words_in_the_same_order(letter: Letter):
    assert words(Shown(as_html(letter)).text) == words(as_text(letter))


def test_the_sample_has_them_too():
    shown = words(Shown(as_html(LETTER)).text)

    assert shown == words(as_text(LETTER))
    assert len(shown) > 100


@given(letters())
def test_whatever_the_text_the_document_stays_what_it_is(letter: Letter):
    shown = Shown(as_html(letter))

    assert shown.open == []
    assert {tag for tag, _ in shown.tags} <= TAGS
    assert {name for _, attributes in shown.tags for name in attributes} <= {
        *("lang", "charset", "name", "content", "class", "style", "href", "rel")
    }
    assert all(href.startswith("https://") for href in shown.attributes("href"))


def test_markup_is_text_wherever_it_comes_from():
    part = Part(HOSTILE, (HOSTILE,), ((HOSTILE, HOSTILE),), (HOSTILE,), (HOSTILE,))
    html = as_html(Letter(HOSTILE, (HOSTILE,), (part,), HOSTILE))
    shown = Shown(html)

    assert shown.text.count("<script>alert(1)</script>") == 8
    assert shown.attributes("href") == ["https://evil.example/x"], "of a step only"
    assert html.count("<script") == html.count("<img") == 0
    assert html.count("<title>") == html.count("</title>") == 1


def test_addresses_in_steps_are_links_without_the_end_of_the_sentence():
    shown = Shown(as_html(LETTER))
    links = [attributes for tag, attributes in shown.tags if tag == "a"]

    assert [link["href"] for link in links] == [GUIDE, "https://learn.microsoft.com/entra"]
    assert all(link["rel"] == "noopener noreferrer" for link in links)


@pytest.mark.parametrize(
    "step",
    ["http://contoso.com", "javascript:alert(1)", "contoso.com", "ada@contoso.com", "https://", "see https:// there"],
)
def test_nothing_else_is_a_link(step: str):
    assert Shown(as_html(Letter("s", (), (Part("h", steps=(step,)),), "w"))).attributes("href") == []


def test_only_steps_have_links():
    part = Part("https://a.example", ("https://b.example",), (("n", "https://c.example"),), ("https://d.example",))
    letter = Letter("https://e.example", ("https://f.example",), (part,), "https://g.example")

    assert Shown(as_html(letter)).attributes("href") == []


def test_it_is_a_document_of_its_own():
    html = as_html(LETTER)

    assert html.startswith('<!doctype html>\n<html lang="en">')
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert not re.search(r"url\(|@import|<link|src=|<table", html)
    assert "max-width:600px" in html


def test_every_element_has_its_style_with_it():
    plain = {"html", "head", "meta", "title", "style"}
    shown = Shown(as_html(LETTER))

    assert [tag for tag, attributes in shown.tags if tag not in plain and not attributes.get("style")] == []


def test_the_top_line_tells_good_from_not_good():
    assert "border-top:4px solid #b35900" in as_html(LETTER)
    assert "border-top:4px solid #1a7f37" in as_html(replace(LETTER, good=True))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_every_text_can_be_read_in_light_and_in_dark():
    html = as_html(LETTER)
    light = set(re.findall(r"(?<![-\w])color:(#[0-9a-f]{6})", html))
    dark = set(re.findall(r"(?<![-\w])color: (#[0-9a-f]{6})", html))

    assert light == {"#1b1f24", "#57606a", "#0b57d0"}
    assert all(contrast(colour, back) >= 4.5 for colour in light for back in ("#ffffff", "#f5f6f8"))
    assert dark == {"#e6edf3", "#9ea7b3", "#8ab4f8"}
    assert all(contrast(colour, back) >= 4.5 for colour in dark for back in ("#161b22", "#0d1117"))
