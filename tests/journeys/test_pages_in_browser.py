"""Every page fits a narrow screen in light and dark, can be read, and keeps to its own policy."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import azure.functions as func
import pytest
from playwright.async_api import Route

from lib.domain.consent import Ending, Finish, WayOut
from lib.web import ending_pages, pages
from tests.journeys.chromium import MARKS, chromium, new_context

pytestmark = MARKS

_TICKET = f"http://localhost:7071/connect/{'0123456789abcdef' * 3 + 'x' * 11}"
_USER = "first.last@a-rather-long-name.onmicrosoft.com"
_BLOCKED = {Ending.DECLINED, Ending.ADMIN_CONSENT_REQUIRED}
_CODES = {
    Ending.DECLINED: (65004,),
    Ending.ADMIN_CONSENT_REQUIRED: (90094,),
    Ending.BLOCKED_BY_POLICY: (53003,),
    Ending.MICROSOFT_ERROR: (7000222,),
}


def _of_user(ending: Ending, **changes: object) -> func.HttpResponse:
    way_out = WayOut(_USER, _TICKET, _TICKET if ending in _BLOCKED else None)
    return ending_pages.ending_page(
        Finish(ending, None, _CODES.get(ending, ()), way_out=replace(way_out, **changes))  # type: ignore[arg-type]
    )


PAGES = {
    **{f"admin {ending}": ending_pages.ending_page(Finish(ending, None, _CODES.get(ending, ()))) for ending in Ending},
    **{f"user {ending}": _of_user(ending) for ending in Ending},
    "user blocked, basic": _of_user(Ending.ADMIN_CONSENT_REQUIRED, basic=True),
    "user blocked, no links": _of_user(Ending.ADMIN_CONSENT_REQUIRED, retry=None, admin_link=None),
    "user by object id": _of_user(Ending.WRONG_ACCOUNT, user="c0471050-0000-4000-8000-000000000001"),
    "connected for users": ending_pages.ending_page(Finish(Ending.CONNECTED, None, for_users=True)),
    "not usable": pages.page(ending_pages.NOT_USABLE, 400),
    "our fault": pages.page(ending_pages.OUR_FAULT, 500, note="Number: 11111111-2222-3333-4444-555555555555"),
}


_SHOWN = "http://localhost/shown"


async def _show(answer: func.HttpResponse, route: Route) -> None:
    headers = {**answer.headers, "content-type": "text/html"}
    await route.fulfill(status=200, headers=headers, body=answer.get_body())


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_320_pixels_and_can_be_read(scheme: str, tmp_path: Path):
    complaints: list[str] = []
    async with chromium() as browser:
        context = await new_context(browser, viewport={"width": 320, "height": 640}, color_scheme=scheme)
        page = await context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        for name, answer in PAGES.items():
            await page.route(_SHOWN, partial(_show, answer))
            await page.goto(_SHOWN)
            width = await page.evaluate("document.documentElement.scrollWidth")
            contrast = await page.evaluate(_CONTRAST)
            await page.screenshot(path=tmp_path / f"{scheme}-{name}.png", full_page=True)
            assert width <= 320, f"{name} is wider than the screen"
            assert not await page.evaluate(_HIDDEN), f"{name} hides a part of the text to copy"
            assert contrast >= 4.5, f"{name} has too little contrast in {scheme}"  # WCAG 2.2, 1.4.3
            await page.unroute(_SHOWN)
    assert complaints == [], "the style is allowed by the page's own policy"


_HIDDEN = "[...document.querySelectorAll('textarea')].some(box => box.scrollHeight > box.clientHeight)"

# The smallest contrast of any text with what is behind it, by WCAG's formula.
_CONTRAST = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3)
      .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    const own = getComputedStyle(e).backgroundColor;
    return own === 'rgba(0, 0, 0, 0)' ? behind(e.parentElement) : light(own);
  };
  const texts = [...document.querySelectorAll('h1, h2, p, li, a, label, textarea')];
  return Math.min(...texts.map(e => [light(getComputedStyle(e).color), behind(e)])
    .map(([text, back]) => (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05)));
}"""
