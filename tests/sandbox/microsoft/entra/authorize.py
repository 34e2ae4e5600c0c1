"""/authorize of the authorization code flow: who signs in, what they consent to, the code (facts 3.2, 4.4).

`GET /{tenant}/oauth2/v2.0/authorize?…` shows a page or redirects. The pages' forms post to the very same address,
query included, so a test can post there without opening any page:

- `account` (a user principal name or object id) and `action=signin`: signs in; answers with the consent page (200),
  the redirect with the code (302) if nothing is to be asked, or a refusal.
- `account` and `action=accept`: consents, and signs in where that was not done; `organization=yes` consents for all.
- `action=cancel`: declines, on whatever page; the redirect says access_denied with error_subcode=cancel.
- `account` and `action=request` with `justification`: asks an administrator, which answers with a page and no more.

Whoever signed in stays signed in in that browser: the cookie ESTSAUTH lets the next /authorize pass without the page.
What is wrong with the application, its redirect URI or the account is shown on a page (status 400); everything else
is told by redirect.
"""

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.entra.authorize_request import read_request
from tests.sandbox.microsoft.entra.browsers import Browsers
from tests.sandbox.microsoft.entra.errors import Trace, error_uri
from tests.sandbox.microsoft.entra.grants import Grants
from tests.sandbox.microsoft.entra.visit import SentBack, Visit, told
from tests.sandbox.microsoft.surroundings import Surroundings


class Authorize:
    """`/oauth2/v2.0/authorize`."""

    def __init__(self, shared: Surroundings, grants: Grants) -> None:
        self._shared = shared
        self._grants = grants
        self._browsers = Browsers()

    def answer(self, tenant_name: str, seen: SeenRequest, trace: Trace) -> web.Response:
        """Answer the page, or what was pressed on one. Raises EntraError for what is shown as a page."""
        asked = read_request(self._shared, tenant_name, seen.query)
        browser = self._browsers.of(seen)
        try:
            with told():
                asked.check()
                scopes = asked.scopes(self._shared)
            visit = Visit(self._shared, self._grants, asked, scopes, browser, trace)
            answer = visit.opened() if seen.method == "GET" else visit.pressed(seen.form)
        except SentBack as back:
            answer = asked.go_back(_failure(back, trace, self._shared.entra_url), trace)
        if browser.people:
            self._browsers.keep(browser)
        return browser.remember(answer)


def _failure(back: SentBack, trace: Trace, entra_url: str) -> dict[str, str]:
    problem = back.problem
    answer = {"error": problem.error, "error_description": trace.describe(problem)}
    if back.subcode:
        answer["error_subcode"] = back.subcode
    return answer | {"error_uri": error_uri(problem, entra_url)}
