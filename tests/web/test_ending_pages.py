"""The pages at the end of a consent: every ending for everybody, and nothing from outside becomes markup."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import product
from typing import Any

import azure.functions as func
import pytest

from lib.domain.consent import Ending, Finish, WayOut
from lib.web import ending_pages
from lib.web.pages import SECURITY_HEADERS, Page, page

USER = "ada@contoso.com"
RETRY = "https://app.example/connect/retry-ticket"
ADMIN_LINK = "https://app.example/connect/admin-ticket"
NASTY = "<script>alert('x')</script>\"'&</textarea><img src=x>"
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "ul", "li"),
    *("a", "label", "textarea"),
}
FAILED = [ending for ending in Ending if ending is not Ending.CONNECTED]


class Reader(HTMLParser):
    """What a browser would see in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.texts: dict[str, str] = {}
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)
        if tag == "a":
            self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "tags are closed in their order"

    def handle_data(self, data: str) -> None:
        for tag in self.open:
            self.texts[tag] = self.texts.get(tag, "") + data


def read(answer: func.HttpResponse, status: int | None = None) -> Reader:
    """Return what is seen in a page; expect what all pages have in common."""
    if status is not None:
        assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    html = answer.get_body().decode("utf-8")
    assert html.startswith("<!doctype html>")
    seen = Reader(html)
    assert seen.open == []
    assert set(seen.tags) <= TAGS
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name in {"src", "style"}]
    assert seen.texts["h1"] == seen.texts["title"]
    return seen


def way_out(ending: Ending, *, basic: bool = False, user: str = USER) -> WayOut:
    """Return what is offered in such a case."""
    if ending is Ending.CONNECTED:
        return WayOut(user)
    blocked = ending in {Ending.DECLINED, Ending.ADMIN_CONSENT_REQUIRED}
    return WayOut(user, RETRY, ADMIN_LINK if blocked else None, basic)


@pytest.mark.parametrize("ending", list(Ending))
@pytest.mark.parametrize("for_users", [False, True])
@pytest.mark.parametrize("codes", [(), (65004,)])
def test_an_administrator_sees_how_it_ended(ending: Ending, for_users: bool, codes: tuple[int, ...]):
    good = ending is Ending.CONNECTED
    seen = read(ending_pages.ending_page(Finish(ending, None, codes, for_users)), 200 if good else 400)

    assert ("class", "good" if good else "bad") in seen.attributes
    assert seen.texts["li"], "what to do next"
    assert seen.links == []
    assert ("AADSTS65004" in seen.texts["main"]) is (bool(codes) and not good)


def test_an_administrator_learns_whom_the_consent_is_for():
    for_all, for_users = (
        read(ending_pages.ending_page(Finish(Ending.CONNECTED, None, for_users=flag))).texts["main"]
        for flag in (False, True)
    )

    assert "Test Calendar Configuration" in for_all
    assert "Connect your calendar" in for_users


@pytest.mark.parametrize("basic", [False, True], ids=["advanced", "basic"])
@pytest.mark.parametrize("ending", FAILED)
@pytest.mark.parametrize("codes", [(), (50173,), (53003,)], ids=["no code", "the user's", "an administrator's"])
def test_a_user_sees_what_happened_and_a_way_to_start_again(ending: Ending, basic: bool, codes: tuple[int, ...]):
    finish = Finish(ending, None, codes, way_out=way_out(ending, basic=basic))
    seen = read(ending_pages.ending_page(finish), 400)

    assert ("class", "bad") in seen.attributes
    assert seen.links == [RETRY]
    assert seen.texts["li"]
    assert ("AADSTS" in seen.texts["main"]) is bool(codes)
    blocked = ending in {Ending.DECLINED, Ending.ADMIN_CONSENT_REQUIRED}
    of_others = codes == (53003,) and ending in {Ending.BLOCKED_BY_POLICY, Ending.MICROSOFT_ERROR}
    assert ("textarea" in seen.tags) is (blocked or of_others)
    assert ("type Basic" in seen.texts["main"]) is (blocked and basic)


@pytest.mark.parametrize("ending", FAILED)
def test_a_page_without_links_speaks_of_none(ending: Ending):
    seen = read(ending_pages.ending_page(Finish(ending, None, way_out=WayOut(USER, basic=True))), 400)

    assert seen.links == []
    assert "textarea" not in seen.tags
    for words in ("text below", "button here", "link above"):
        assert words not in seen.texts["main"]


def test_what_only_an_administrator_can_mend_is_a_text_to_send():
    finish = Finish(Ending.BLOCKED_BY_POLICY, None, (53003,), way_out=way_out(Ending.BLOCKED_BY_POLICY))
    seen = read(ending_pages.ending_page(finish), 400)

    assert "You cannot mend this yourself" in seen.texts["li"]
    assert "Conditional Access" in seen.texts["textarea"]


def test_basics_own_secret_is_the_operators_matter():
    failed = way_out(Ending.MICROSOFT_ERROR, basic=True)
    seen = read(ending_pages.ending_page(Finish(Ending.MICROSOFT_ERROR, None, (7000222,), way_out=failed)), 400)

    assert "basic-application" in seen.texts["textarea"]
    assert "paste it into the Calendar Configuration" not in seen.texts["main"]


def test_a_user_who_connected_sees_it_and_nothing_to_start_again():
    seen = read(ending_pages.ending_page(Finish(Ending.CONNECTED, None, way_out=WayOut(USER))), 200)

    assert USER in seen.texts["p"]
    assert seen.links == []
    assert "textarea" not in seen.tags


@pytest.mark.parametrize("ending", [Ending.WRONG_ACCOUNT, Ending.WRONG_TENANT])
def test_after_another_account_the_right_one_is_named(ending: Ending):
    named = read(ending_pages.ending_page(Finish(ending, None, way_out=way_out(ending))))
    assert USER in named.texts["p"]
    assert "Choose another account" in named.texts["a"]
    assert "user principal name" in named.texts["li"]

    by_id = "0d000000-0000-0000-0000-00000000000a"
    seen = read(ending_pages.ending_page(Finish(ending, None, way_out=way_out(ending, user=by_id))))
    assert f"the account with the object ID {by_id}" in seen.texts["p"]


@pytest.mark.parametrize("ending", [Ending.DECLINED, Ending.ADMIN_CONSENT_REQUIRED])
def test_a_letter_to_the_administrator_is_ready_to_copy(ending: Ending):
    seen = read(ending_pages.ending_page(Finish(ending, None, way_out=way_out(ending))))

    letter = seen.texts["textarea"]
    assert ADMIN_LINK in letter.splitlines(), "on a line of its own"
    for part in ("Calendars.ReadBasic", "User.Read", "7 days", "Administrator"):
        assert part in letter
    assert ("for", "copy") in seen.attributes
    assert ("id", "copy") in seen.attributes
    assert RETRY not in letter, "the user's own link is nobody else's"


def test_only_a_user_who_cancelled_is_told_to_accept():
    declined, blocked = (
        read(ending_pages.ending_page(Finish(ending, None, way_out=way_out(ending)))).texts["main"]
        for ending in (Ending.DECLINED, Ending.ADMIN_CONSENT_REQUIRED)
    )

    assert "choose Accept" in declined
    assert "choose Accept" not in blocked


@pytest.mark.parametrize(("ending", "basic"), list(product(Ending, [False, True])))
def test_nothing_from_outside_becomes_markup(ending: Ending, basic: bool):
    given = WayOut(NASTY, f"https://app.example/{NASTY}", f"https://app.example/{NASTY}", basic)
    answer = ending_pages.ending_page(Finish(ending, None, (65004,), way_out=given))

    seen = read(answer)
    html = answer.get_body().decode()
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("</textarea>") == ("textarea" in seen.tags)
    shown = {"CONNECTED", "WRONG_ACCOUNT", "WRONG_TENANT", "NOT_VERIFIED"}
    assert (NASTY in seen.texts["main"]) is (ending.name in shown or "textarea" in seen.tags)
    assert set(seen.links) <= {f"https://app.example/{NASTY}"}, "an address is one attribute, whole"


def parts(**more: Any) -> Page:
    return Page(NASTY, NASTY, (NASTY,), **more)


@pytest.mark.parametrize(
    "content",
    [
        parts(link=(NASTY, NASTY)),
        parts(copy=(NASTY, f"{NASTY}\n{NASTY}")),
        parts(more=((NASTY, NASTY), (NASTY, NASTY)), good=True),
    ],
    ids=["link", "copy", "more"],
)
def test_every_part_of_a_page_is_escaped(content: Page):
    seen = read(page(content, 200, note=NASTY))

    assert (seen.texts["h1"], seen.texts["li"]) == (NASTY, NASTY)
    if content.link:
        assert (seen.links, seen.texts["a"]) == ([NASTY], NASTY)
    if content.copy:
        assert seen.texts["textarea"] == f"{NASTY}\n{NASTY}"
        assert seen.texts["label"] == NASTY
    assert seen.texts["main"].count(NASTY) >= 4 + 2 * len(content.more)


@pytest.mark.parametrize(("text", "rows"), [("x", 1), ("x\n" * 9, 10), ("x" * 120, 3)])
def test_a_text_to_copy_has_the_room_it_takes(text: str, rows: int):
    seen = read(page(Page("t", "t", copy=("for", text)), 200))

    assert dict(seen.attributes)["rows"] == str(rows)


def test_the_style_that_is_allowed_is_the_one_in_the_page():
    html = page(Page("t", "t"), 200).get_body().decode()
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None

    allowed = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    assert f"style-src 'sha256-{allowed}'" in policy
    assert "default-src 'none'" in policy
    assert "http" not in style[1]


@pytest.mark.parametrize("content", [ending_pages.NOT_USABLE, ending_pages.OUR_FAULT])
def test_the_other_pages_say_what_to_do(content: Page):
    seen = read(page(content, 400, note="Number: 7"), 400)

    assert seen.texts["li"]
    assert "Number: 7" in seen.texts["main"]
