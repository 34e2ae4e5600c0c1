"""The customers of the start page: what an administrator would enter for each, and whom to look up."""

from dataclasses import dataclass
from typing import Any

from tests.sandbox.world import demo as world
from tests.sandbox.world import demo_sign_in as users
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import World


@dataclass(frozen=True)
class Customer:
    """A customer of the small ATS. `other_secrets` are mistakes to try; `outside` is a user out of scope."""

    about: str
    user: str
    people: tuple[str, ...]
    configuration: dict[str, Any]
    secret: str | None = None
    other_secrets: tuple[tuple[str, str, str], ...] = ()
    outside: str | None = None

    @property
    def users_connect(self) -> bool:
        """Whether each user consents."""
        return self.configuration["consent"] == "user"

    def application(self, in_world: World) -> Application:
        """Return the registration whose client secret is used; Basic's is the deployment's own."""
        if self.configuration["configurationType"] == "basic":
            return in_world.home.applications[world.BASIC_APPLICATION]
        tenant = in_world.find_tenant(self.configuration["tenantId"])
        assert tenant is not None
        return tenant.applications[self.configuration["applicationId"]]

    def addresses(self) -> list[str]:
        """Return the addresses to look up."""
        domain = self.user.partition("@")[2]
        return [f"{person}@{domain}" for person in self.people]


def _advanced(tenant: str, application: str, consent: str) -> dict[str, Any]:
    """Return a document; alerts go to the customer's own IT."""
    return {
        "configurationType": "advanced",
        "tenantId": tenant,
        "applicationId": application,
        "consent": consent,
        "alertRecipients": [f"it@{tenant}"],
    }


CUSTOMERS = {
    "contoso": Customer(
        "Advanced, an administrator consents for all; not given yet",
        "recruiter@contoso.com",
        ("recruiter", "ada", "grace", "linus", "katherine", "onno", "max", "room-turing", "panel", "nobody"),
        _advanced("contoso.onmicrosoft.com", world.CONTOSO_APPLICATION, "admin"),
        world.CONTOSO_SECRET,
        (
            ("save-wrong", "Save with a wrong secret", world.CONTOSO_SECRET_ID),
            ("save-expired", "Save with an expired secret", world.CONTOSO_EXPIRED_SECRET),
        ),
    ),
    "fabrikam": Customer(
        "Advanced, limited to three mailboxes by Exchange's RBAC for Applications; needs no consent",
        "hiring@fabrikam.com",
        ("hiring", "mary", "dorothy", "christine", "room-one"),
        _advanced("fabrikam.com", world.FABRIKAM_APPLICATION, "admin"),
        world.FABRIKAM_SECRET,
        outside="dorothy@fabrikam.com",
    ),
    "northwind": Customer(
        "Advanced, each user connects a calendar",
        "recruiter@northwind.com",
        ("recruiter", "steven", "laura", "michael", "janet", "andrew"),
        _advanced("northwind.com", users.NORTHWIND_APPLICATION, "user"),
        users.NORTHWIND_SECRET,
    ),
    "tailspin": Customer(
        "Advanced, each user connects, but the tenant lets no user approve applications",
        "recruiter@tailspin.com",
        ("recruiter", "wright"),
        _advanced("tailspin.com", users.TAILSPIN_APPLICATION, "user"),
        users.TAILSPIN_SECRET,
    ),
    "trial": Customer(
        "Basic: Northwind tries the deployment's own application",
        "recruiter@northwind.com",
        ("recruiter", "steven", "laura"),
        {"configurationType": "basic", "tenantId": "northwind.com", "consent": "user"},
    ),
}
