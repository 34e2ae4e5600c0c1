"""A real browser goes through consent, and every page fits a narrow screen in light and dark."""

import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import azure.functions as func
import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright

from lib.domain.consent import Ending
from lib.web import pages
from tests.journeys.api import Api, Company, new_company
from tests.sandbox.stack import Stack

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; make setup tells how"),
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's chromium."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        await started.close()


async def new_context(browser: Browser, **options: object) -> BrowserContext:
    """Return a new browser profile; the sandbox's own certificates are accepted."""
    return await browser.new_context(ignore_https_errors=True, **options)  # type: ignore[arg-type]


async def consent(page: Page, url: str, action: str = "Accept") -> None:
    """Open a link, choose the first account, and press a button of the simulated consent page."""
    await page.goto(url)
    await page.get_by_role("button", name=action).click()
    await page.wait_for_url("**/mobile/getcalendar**")


def link_of(api: Api, company: Company) -> str:
    """Save the company and return an admin consent link."""
    api.save(company)
    answer = api.call("POST", f"/customers/{company.customer}/calendar/admin-consent")
    return str(answer.json()["url"])


async def test_an_administrator_consents_in_a_real_browser(stack: Stack, api: Api, browser: Browser):
    company = new_company(stack, consented=False)
    page = await (await new_context(browser)).new_page()

    await consent(page, link_of(api, company))

    assert await page.locator("h1").inner_text() == "Consent is given"
    assert api.read(company).json()["adminConsent"]["granted"] is True


async def test_two_consents_side_by_side_in_one_browser_both_work(stack: Stack, api: Api, browser: Browser):
    companies = [new_company(stack, consented=False) for _ in range(2)]
    context = await new_context(browser)
    tabs = [await context.new_page() for _ in companies]

    for tab, company in zip(tabs, companies, strict=True):
        await tab.goto(link_of(api, company))
    for tab in tabs:
        await tab.get_by_role("button", name="Accept").click()
        await tab.wait_for_url("**/mobile/getcalendar**")

    assert [await tab.locator("h1").inner_text() for tab in tabs] == ["Consent is given"] * 2


async def test_an_answer_to_a_browser_without_its_cookie_is_not_taken(stack: Stack, api: Api, browser: Browser):
    company = new_company(stack, consented=False)
    context = await new_context(browser)
    page = await context.new_page()
    await page.goto(link_of(api, company))
    await context.clear_cookies()  # as if the answer came to another browser

    await page.get_by_role("button", name="Accept").click()
    await page.wait_for_url("**/mobile/getcalendar**")

    assert await page.locator("h1").inner_text() == "This link cannot be used"
    assert api.read(company).json()["adminConsent"]["granted"] is not True


PAGES = {
    **{ending.value: pages.ending_page(ending, for_users=False, codes=(65004,)) for ending in Ending},
    "connected for users": pages.ending_page(Ending.CONNECTED, for_users=True, codes=()),
    "not usable": pages.page(pages.NOT_USABLE, 400),
    "our fault": pages.page(pages.OUR_FAULT, 500, note="Number: 11111111-2222-3333-4444-555555555555"),
}


_SHOWN = "http://localhost/shown"


async def _show(answer: func.HttpResponse, route: Route) -> None:
    headers = {**answer.headers, "content-type": "text/html"}
    await route.fulfill(status=200, headers=headers, body=answer.get_body())


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_320_pixels_and_can_be_read(browser: Browser, scheme: str, tmp_path: Path):
    context = await new_context(browser, viewport={"width": 320, "height": 640}, color_scheme=scheme)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for name, answer in PAGES.items():
        await page.route(_SHOWN, partial(_show, answer))
        await page.goto(_SHOWN)
        width = await page.evaluate("document.documentElement.scrollWidth")
        contrast = await page.evaluate(_CONTRAST)
        await page.screenshot(path=tmp_path / f"{scheme}-{name}.png", full_page=True)
        assert width <= 320, f"{name} is wider than the screen"
        assert contrast >= 4.5, f"{name} has too little contrast in {scheme}"  # WCAG 2.2, 1.4.3
        await page.unroute(_SHOWN)
    assert complaints == [], "the style is allowed by the page's own policy"


# The smallest contrast of any text with the card behind it, by WCAG's formula.
_CONTRAST = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3)
      .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const card = light(getComputedStyle(document.querySelector('main')).backgroundColor);
  const texts = [...document.querySelectorAll('h1, h2, p, li')];
  return Math.min(...texts.map(e => light(getComputedStyle(e).color))
    .map(text => (Math.max(text, card) + 0.05) / (Math.min(text, card) + 0.05)));
}"""
