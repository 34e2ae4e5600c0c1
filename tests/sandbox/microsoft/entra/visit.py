"""One request to /authorize on its way to an answer: sign-in, consent, code."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from tests.sandbox.microsoft.entra import policy
from tests.sandbox.microsoft.entra.authorize_request import AuthorizeRequest
from tests.sandbox.microsoft.entra.browsers import Browser, Person
from tests.sandbox.microsoft.entra.errors import EntraError, Trace
from tests.sandbox.microsoft.entra.grants import Code, Grants, SignIn
from tests.sandbox.microsoft.entra.scopes import Scopes
from tests.sandbox.microsoft.entra.sign_in_pages import (
    admin_approval_page,
    permissions_page,
    request_sent_page,
    sign_in_page,
)
from tests.sandbox.microsoft.entra.user_tokens import client_info
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import Account, Tenant

_DECLINED = "User declined to consent to access the app."


class SentBack(Exception):
    """An error that the application is told by redirect."""

    def __init__(self, problem: EntraError, subcode: str | None = None) -> None:
        super().__init__(problem.text)
        self.problem = problem
        self.subcode = subcode


@contextmanager
def told(error: str | None = None) -> Iterator[None]:
    """Turn a refusal into one that the application is told, with another OAuth error if given."""
    try:
        yield
    except EntraError as problem:
        problem.error = error or problem.error
        raise SentBack(problem) from None


class Visit:
    """One request to /authorize, on its way to an answer."""

    def __init__(
        self,
        shared: Surroundings,
        grants: Grants,
        asked: AuthorizeRequest,
        scopes: Scopes,
        browser: Browser,
        trace: Trace,
    ) -> None:
        self._shared = shared
        self._grants = grants
        self._asked = asked
        self._scopes = scopes
        self._browser = browser
        self._trace = trace

    def opened(self) -> web.Response:
        """Answer a link: whoever is signed in already need not do it again. Raises SentBack."""
        person = self._signed_in_already()
        return self._sign_in_page() if person is None else self._go_on(person)

    def pressed(self, form: dict[str, str]) -> web.Response:
        """Answer a form. Raises SentBack, and EntraError for an account that cannot sign in here."""
        if form.get("action") == "cancel":
            raise SentBack(EntraError(65004, "access_denied", reason=_DECLINED), "cancel")
        tenant, account = self._account(form.get("account", ""))
        person = self._browser.people.get(account.object_id)
        if form.get("action") == "signin" or person is None or not self._is_fresh(person):
            person = self._browser.sign_in(tenant, account, self._shared.now())
        if form.get("action") == "request":
            return request_sent_page(account, self._trace)
        return self._go_on(person, form)

    def _signed_in_already(self) -> Person | None:
        """Return who takes part in single sign-on; None shows the page. Raises SentBack where none may be shown."""
        here = (person for person in self._browser.people.values() if self._asked.tenant in (None, person.tenant))
        people = [person for person in here if person.is_good(self._shared.now())]
        hint = self._asked.query.get("login_hint", "").lower()
        if hint:
            people = [person for person in people if person.account.user_principal_name.lower() == hint]
        if self._asked.silent:
            if len(people) != 1:
                raise SentBack(EntraError(16000 if people else 50058))
            return people[0]
        if self._asked.prompt in ("login", "select_account") or len(people) != 1:
            return None
        return people[0] if self._is_fresh(people[0]) else None

    def _is_fresh(self, person: Person) -> bool:
        """Tell whether a sign-in is good and strong enough to be used without the page."""
        strong_enough = person.strong or person.account.conditional_access != "mfa"
        return strong_enough and person.is_good(self._shared.now())

    def _sign_in_page(self) -> web.Response:
        asked = self._asked
        tenants = list(self._shared.world.tenants.values())
        here = [account for tenant in tenants if asked.tenant in (None, tenant) for account in tenant.accounts]
        others = [account for tenant in tenants if asked.tenant not in (None, tenant) for account in tenant.accounts]
        hint = asked.query.get("login_hint", "")
        return sign_in_page(asked.application.display_name, here, others, hint, self._trace)

    def _account(self, name: str) -> tuple[Tenant, Account]:
        """Return the account and its tenant. Raises EntraError: unknown (50034), foreign (50020), disabled (50057)."""
        tenants = self._shared.world.tenants.values()
        found = [(tenant, account) for tenant in tenants if (account := tenant.account(name))]
        asked, application = self._asked.tenant, self._asked.application
        if not found:
            raise EntraError(50034, user=name, tenant=asked.id if asked else "organizations")
        tenant, account = next((pair for pair in found if pair[0] is asked), found[0])
        if asked not in (None, tenant):
            parts = {"name": asked.display_name, "app": application.app_id, "app_name": application.display_name}
            raise EntraError(50020, user=name, provider=tenant.id, **parts)
        policy.still_there(tenant, account.object_id)
        return tenant, account

    def _go_on(self, person: Person, form: dict[str, str] | None = None) -> web.Response:
        """Answer somebody who is signed in: a refusal, a page about consent, or the code."""
        asked = self._asked
        application = person.tenant.application(asked.application.app_id) or asked.application.in_other_tenant()
        with told("interaction_required" if asked.silent else "access_denied"):
            policy.admit(application, person.account)
            policy.check_sign_in(person.account, strong=person.strong)
        wanted = self._scopes.wanted(application)
        again = asked.prompt == "consent"  # asks, and needs the right to consent, even where all is granted
        missing = wanted if again else self._scopes.missing(application, person.account.object_id)
        if form and form.get("action") == "accept":
            if not policy.may_consent(person.tenant, person.account, missing):
                return self._need_admin(person, application)
            self._grant(person, application, wanted, for_all=form.get("organization") == "yes")
        elif missing or again:
            return self._consent_page(person, application, missing)
        return self._code(person, application)

    def _consent_page(self, person: Person, application: Application, missing: set[str]) -> web.Response:
        if self._asked.silent:
            parts = {"app": application.app_id, "app_name": application.display_name}
            raise SentBack(EntraError(65001, "consent_required", **parts))
        if not policy.may_consent(person.tenant, person.account, missing):
            return self._need_admin(person, application)
        for_all = person.account.may_consent(to_roles=False)
        wanted = self._scopes.wanted(application)
        return permissions_page(application, person.account, wanted, self._trace, for_all=for_all)

    def _need_admin(self, person: Person, application: Application) -> web.Response:
        """Tell a user that only an administrator may consent, in the way of the tenant."""
        problem = EntraError(person.tenant.consent_block, app_name=application.display_name)
        if problem.code == 90094:
            raise SentBack(problem)
        return admin_approval_page(problem, person.account, self._trace)

    def _grant(self, person: Person, application: Application, scopes: set[str], *, for_all: bool) -> None:
        if for_all and person.account.may_consent(to_roles=False):
            application.consent(self._shared.now(), set(), scopes)
        else:
            application.consent_of_user(person.account.object_id, scopes)

    def _code(self, person: Person, application: Application) -> web.Response:
        """Send the browser back with a code. The application has arrived in the tenant by now at the latest."""
        asked, now = self._asked, self._shared.now()
        user_id, tenant = person.account.object_id, person.tenant
        if tenant.application(application.app_id) is None:
            application.service_principal = True
            tenant.add(application)
        session = self._browser.session_id
        sign_in = SignIn(
            tenant.id,
            application.app_id,
            user_id,
            self._scopes,
            person.at,
            person.strong,
            person.revocations,
            session,
        )
        code = Code(
            sign_in,
            asked.tenant.id if asked.tenant else "",
            asked.redirect_uri,
            now,
            asked.query.get("nonce"),
            asked.challenge,
            asked.challenge_method,
        )
        answer = {"code": self._grants.add_code(code), "session_state": session}
        if asked.query.get("client_info") == "1":
            answer["client_info"] = client_info(user_id, tenant.id)
        return asked.go_back(answer, self._trace)
