"""The demo customers whose users sign in: at Northwind they consent for themselves, at Tailspin they may not."""

from tests.sandbox.world.applications import Application, ClientSecret, stable_id
from tests.sandbox.world.demo_parts import ADMIN, CALENDAR_SCOPES, REDIRECT_URI, At, person
from tests.sandbox.world.mailboxes import Meeting
from tests.sandbox.world.tenants import Account, Tenant, World

NORTHWIND = "0047471d-0000-4000-8000-000000000004"
NORTHWIND_APPLICATION = "0047471d-0000-4000-8000-00000000a994"
NORTHWIND_SECRET = "Nor~made-up.value-of-northwinds-secret"
NORTHWIND_SECRET_ID = "0047471d-0000-4000-8000-0000000005ec"

TAILSPIN = "7a115914-0000-4000-8000-000000000005"
TAILSPIN_APPLICATION = "7a115914-0000-4000-8000-00000000a995"
TAILSPIN_SECRET = "Tai~made-up.value-of-tailspins-secret"
TAILSPIN_SECRET_ID = "7a115914-0000-4000-8000-0000000005ec"


def add_northwind(world: World, at: At) -> None:
    """Add Northwind: users may consent; one has a user principal name that is no address, one no mailbox to read."""
    tenant = world.add(Tenant(NORTHWIND, "Northwind", ["northwind.onmicrosoft.com", "northwind.com"]))
    tenant.add(
        Application(
            NORTHWIND_APPLICATION,
            "Northwind interview calendars",
            redirect_uris=[REDIRECT_URI],
            registered_scopes=set(CALENDAR_SCOPES),
            secrets=[ClientSecret(NORTHWIND_SECRET, NORTHWIND_SECRET_ID, "users", at(-20, 9), at(300, 9))],
        ),
        Account("admin@northwind.onmicrosoft.com", "Adele Admin", stable_id(NORTHWIND, "admin"), roles={ADMIN}),
    )
    person(tenant, "Recruiter Nancy", Meeting(at(0, 12), at(0, 13), subject="Lunch with a candidate", location="Café"))
    person(
        tenant,
        "Steven Buchanan",
        Meeting(at(0, 9), at(0, 10, 30), subject="Sales figures", location="Room Seattle"),
        Meeting(at(0, 14), at(0, 15), "tentative", "Perhaps: tasting", "Cellar"),
    )
    person(
        tenant,
        "Laura Callahan",
        Meeting(at(0, 8), at(0, 9), "oof", "School run", is_meeting=False),
        Meeting(at(0, 11), at(0, 12), subject="Dentist", is_private=True, is_meeting=False),
        shares="time",
    )
    person(tenant, "Michael Suyama", Meeting(at(0, 10), at(0, 16), subject="Trade fair", location="Tacoma"))
    person(tenant, "Janet Leverling", upn="jl@northwind.onmicrosoft.com", aliases=["janet.leverling@northwind.com"])
    person(tenant, "Andrew Fuller", hosted="onPremises")


def add_tailspin(world: World, at: At) -> None:
    """Add Tailspin: only administrators may consent, and users learn it by redirect (90094)."""
    domains = ["tailspin.onmicrosoft.com", "tailspin.com"]
    tenant = world.add(Tenant(TAILSPIN, "Tailspin", domains, user_consent="admin", consent_block=90094))
    tenant.add(
        Application(
            TAILSPIN_APPLICATION,
            "Tailspin interview calendars",
            redirect_uris=[REDIRECT_URI],
            registered_scopes=set(CALENDAR_SCOPES),
            secrets=[ClientSecret(TAILSPIN_SECRET, TAILSPIN_SECRET_ID, "users", at(-20, 9), at(300, 9))],
        ),
        Account("admin@tailspin.com", "Toni Admin", stable_id(TAILSPIN, "admin"), roles={ADMIN}),
    )
    person(tenant, "Recruiter Tess")
    person(tenant, "Wright Flyer", Meeting(at(0, 10), at(0, 11), subject="Propeller review", location="Hangar"))
