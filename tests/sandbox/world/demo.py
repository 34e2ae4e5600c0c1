"""The demo world, made around a given moment: four customers and the tenant that the function app itself lives in.

Contoso gives admin consent (not yet given when the world begins); Fabrikam limits its application to a few mailboxes
with RBAC for Applications; at Northwind users consent for themselves; at Tailspin they may not. All ids and secrets are
made up and always the same.
"""

from datetime import datetime, timedelta

from tests.sandbox.world.applications import Application, ClientSecret, stable_id
from tests.sandbox.world.demo_parts import ADMIN as ADMIN
from tests.sandbox.world.demo_parts import CALENDAR_SCOPES as CALENDAR_SCOPES
from tests.sandbox.world.demo_parts import REDIRECT_URI as REDIRECT_URI
from tests.sandbox.world.demo_parts import At, thing
from tests.sandbox.world.demo_parts import person as person
from tests.sandbox.world.demo_sign_in import NORTHWIND as NORTHWIND
from tests.sandbox.world.demo_sign_in import NORTHWIND_APPLICATION as NORTHWIND_APPLICATION
from tests.sandbox.world.demo_sign_in import NORTHWIND_SECRET as NORTHWIND_SECRET
from tests.sandbox.world.demo_sign_in import NORTHWIND_SECRET_ID as NORTHWIND_SECRET_ID
from tests.sandbox.world.demo_sign_in import TAILSPIN as TAILSPIN
from tests.sandbox.world.demo_sign_in import TAILSPIN_APPLICATION as TAILSPIN_APPLICATION
from tests.sandbox.world.demo_sign_in import TAILSPIN_SECRET as TAILSPIN_SECRET
from tests.sandbox.world.demo_sign_in import TAILSPIN_SECRET_ID as TAILSPIN_SECRET_ID
from tests.sandbox.world.demo_sign_in import add_northwind, add_tailspin
from tests.sandbox.world.mailboxes import CUSTOMIZED, Meeting
from tests.sandbox.world.tenants import Account, ManagedIdentity, Tenant, World

CONTOSO = "c0471050-0000-4000-8000-000000000001"
CONTOSO_APPLICATION = "c0471050-0000-4000-8000-00000000a991"
CONTOSO_SECRET = "Con~made-up.value-of-contosos-good-secret"
CONTOSO_SECRET_ID = "c0471050-0000-4000-8000-0000000005ec"
CONTOSO_EXPIRED_SECRET = "Old~made-up.value-of-contosos-old-secret"
CONTOSO_EXPIRED_SECRET_ID = "c0471050-0000-4000-8000-0000000001d0"

FABRIKAM = "fab71ca0-0000-4000-8000-000000000002"
FABRIKAM_APPLICATION = "fab71ca0-0000-4000-8000-00000000a992"
FABRIKAM_SECRET = "Fab~made-up.value-of-fabrikams-secret"
FABRIKAM_SECRET_ID = "fab71ca0-0000-4000-8000-0000000005ec"

HOME = "a75a75a7-0000-4000-8000-000000000003"
BASIC_APPLICATION = "a75a75a7-0000-4000-8000-00000000ba51"
BASIC_SECRET = "Bas~made-up.value-of-the-basic-secret"
INFRASTRUCTURE_APPLICATION = "a75a75a7-0000-4000-8000-0000000014f4"
INFRASTRUCTURE_SECRET = "Inf~made-up.value-of-the-deployments-secret"
MANAGED_IDENTITY = "a75a75a7-0000-4000-8000-00000000001d"

CONSENT_ADMIN = "Privileged Role Administrator"
APPLICATION_ADMIN = "Cloud Application Administrator"

CALENDAR_ROLE = "Calendars.ReadBasic.All"


def demo_world(now: datetime) -> World:
    """Return a new demo world whose meetings lie around `now` (aware)."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)

    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return midnight + timedelta(days=day, hours=hour, minutes=minute)

    world = World(home_id=HOME)
    _contoso(
        world.add(Tenant(CONTOSO, "Contoso", ["contoso.onmicrosoft.com", "contoso.com", "test.onmicrosoft.com"])), at
    )
    _fabrikam(world.add(Tenant(FABRIKAM, "Fabrikam", ["fabrikam.onmicrosoft.com", "fabrikam.com"])), at)
    add_northwind(world, at)
    add_tailspin(world, at)
    _home(world.add(Tenant(HOME, "Applicant Tracking", ["applicants.onmicrosoft.com", "applicants.example"])), at)
    world.managed_identities.append(ManagedIdentity(MANAGED_IDENTITY, stable_id(HOME, "managed identity")))
    world.vault_users.add(INFRASTRUCTURE_APPLICATION)
    world.mail_users.add(INFRASTRUCTURE_APPLICATION)
    return world


def _contoso(tenant: Tenant, at: At) -> None:
    tenant.add(
        Application(
            CONTOSO_APPLICATION,
            "Contoso interview calendars",
            redirect_uris=[REDIRECT_URI],
            registered_roles={CALENDAR_ROLE},
            registered_scopes=set(CALENDAR_SCOPES),
            service_principal=True,  # registering in the portal makes one; the consent is what is missing
            secrets=[
                ClientSecret(CONTOSO_SECRET, CONTOSO_SECRET_ID, "interviews", at(-5, 9), at(360, 9)),
                ClientSecret(CONTOSO_EXPIRED_SECRET, CONTOSO_EXPIRED_SECRET_ID, None, at(-370, 9), at(-5, 9)),
            ],
        ),
        Account("admin@contoso.onmicrosoft.com", "Alex Admin", stable_id(CONTOSO, "admin"), roles={ADMIN}),
        Account("roles@contoso.onmicrosoft.com", "Robin Roles", stable_id(CONTOSO, "roles"), roles={CONSENT_ADMIN}),
        Account("apps@contoso.onmicrosoft.com", "Andy Apps", stable_id(CONTOSO, "apps"), roles={APPLICATION_ADMIN}),
    )
    person(tenant, "Recruiter Rosa", Meeting(at(0, 13), at(0, 14), subject="Hiring round", location="Teams"))
    person(
        tenant,
        "Ada Lovelace",
        Meeting(at(0, 9), at(0, 10), subject="Analytical engine review", location="Room Turing"),
        Meeting(at(0, 9, 30), at(0, 11), "tentative", "Maybe: poetry circle", "Library"),
        Meeting(at(0, 15), at(0, 16), subject="Doctor", location="Harley Street", is_private=True, is_meeting=False),
        Meeting(at(1, 8), at(1, 12), "workingElsewhere", "At home"),
        Meeting(at(2, 0), at(4, 0), "oof", "Holiday", is_meeting=False),
        aliases=["augusta@contoso.com"],
    )
    person(
        tenant,
        "Grace Hopper",
        Meeting(at(0, 8), at(0, 8, 30), subject="Stand-up", is_recurring=True),
        Meeting(at(0, 12), at(0, 13), "free", "Lunch walk", is_meeting=False),
        Meeting(at(0, 14), at(0, 15), "oof", "Travel", is_meeting=False),
        Meeting(at(-1, 22), at(0, 2), subject="Night deployment"),
        time_zone="Eastern Standard Time",
    )
    person(
        tenant,
        "Linus Tor",
        Meeting(at(0, 7), at(0, 9), "workingElsewhere", "Train"),
        Meeting(at(0, 10), at(0, 12), subject="Merge window"),
        Meeting(at(0, 11), at(0, 11, 30), "tentative", "Podcast"),
        shares="time",
    )
    person(tenant, "Katherine Johnson", upn="kjohnson@contoso.onmicrosoft.com")  # her e-mail address names no user
    person(tenant, "Onno Premises", hosted="onPremises")
    person(tenant, "Una Licensed", hosted="none")
    person(
        tenant,
        "Max Overbooked",
        schedule_error=(
            "5006",
            "The result set contains too many calendar entries. The allowed size = 1000; the actual size = 1432.",
        ),
    )
    thing(
        tenant,
        "room-turing@contoso.com",
        "Room Turing",
        Meeting(at(0, 9), at(0, 10), subject="Ada Lovelace", location="Room Turing"),
        kind="room",
    )
    thing(tenant, "room-hopper@contoso.com", "Room Hopper", kind="room", time_zone="")
    thing(tenant, "projector@contoso.com", "Projector", kind="equipment", working_hours=None)
    thing(tenant, "panel@contoso.com", "Interview panel", kind="list", members=["ada@contoso.com", "grace@contoso.com"])
    _seed_document(tenant)


def _seed_document(tenant: Tenant) -> None:
    """Add the mailbox of the seed document's own getSchedule request and answer."""
    name = "test@test.onmicrosoft.com"
    nineteenth = datetime.fromisoformat("2019-11-19T19:00:00+00:00")
    meeting = Meeting(nineteenth, nineteenth + timedelta(minutes=30), "tentative", is_private=True)
    thing(tenant, name, "Test", meeting, time_zone=CUSTOMIZED)
    tenant.add(Account(name, "Test", stable_id(tenant.id, name), name))


def _fabrikam(tenant: Tenant, at: At) -> None:
    tenant.add(
        Application(
            FABRIKAM_APPLICATION,
            "Fabrikam calendars (scoped)",
            redirect_uris=[REDIRECT_URI],
            secrets=[ClientSecret(FABRIKAM_SECRET, FABRIKAM_SECRET_ID, "scoped", at(-30, 9), at(45, 9))],
            rbac_scope={"hiring@fabrikam.com", "mary@fabrikam.com", "room-one@fabrikam.com"},
        ),
        Account("admin@fabrikam.com", "Ida Admin", stable_id(FABRIKAM, "admin"), roles={ADMIN}),
    )
    person(tenant, "Hiring Desk")
    person(tenant, "Mary Jackson", Meeting(at(0, 10), at(0, 11), subject="Wind tunnel", location="Hangar"))
    person(tenant, "Dorothy Vaughan", Meeting(at(0, 11), at(0, 12), subject="Payroll"))
    person(tenant, "Christine Darden")
    thing(tenant, "room-one@fabrikam.com", "Room One", kind="room")


def _home(tenant: Tenant, at: At) -> None:
    tenant.add(
        Application(
            BASIC_APPLICATION,
            "Applicant tracking, to try it out",
            redirect_uris=[REDIRECT_URI],
            registered_scopes=set(CALENDAR_SCOPES),
            multi_tenant=True,
            secrets=[ClientSecret(BASIC_SECRET, stable_id("basic secret"), "basic", at(-10, 9), at(700, 9))],
        ),
        Application(
            INFRASTRUCTURE_APPLICATION,
            "Applicant tracking, its deployment",
            secrets=[ClientSecret(INFRASTRUCTURE_SECRET, stable_id("infra secret"), "infra", at(-10, 9), at(700, 9))],
        ),
    )
