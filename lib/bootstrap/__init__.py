"""The only place that builds objects: settings → adapters → use cases, once per process, on the first call.

The Azure SDKs and aiohttp take some tenths of a second to import. That and the building happen in a thread, so that
the event loop goes on, and at once, so that only the first call waits. No adapter touches the loop before it is used.
"""

import asyncio
import gc
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lib.settings import Settings

if TYPE_CHECKING:
    import requests

    from lib.adapters.connection_rows import ConnectionRows
    from lib.adapters.customer_rows import CustomerRows
    from lib.adapters.graph import GraphClient
    from lib.adapters.zones import TimeZones
    from lib.usecases.adoption import Adoption
    from lib.usecases.checks import Chain
    from lib.usecases.clean_up import Cleaner
    from lib.usecases.credentials import Credentials
    from lib.usecases.finish_consent import FinishAdmin
    from lib.usecases.finish_sign_in import FinishSignIn
    from lib.usecases.get_schedule import GetSchedule
    from lib.usecases.keep_alive import KeepAlive
    from lib.usecases.renewals import Renewals
    from lib.usecases.scan_secrets import Scan
    from lib.usecases.sign_ins import SignIns


@dataclass(frozen=True)
class Services:
    """Everything the functions work with."""

    customers: "CustomerRows"
    connections: "ConnectionRows"
    graph: "GraphClient"
    credentials: "Credentials"
    chain: "Chain"
    cleaner: "Cleaner"
    renewals: "Renewals"
    get_schedule: "GetSchedule"
    zones: "TimeZones"
    sign_ins: "SignIns"
    finish_admin: "FinishAdmin"
    finish_sign_in: "FinishSignIn"
    keep_alive: "KeepAlive"
    scan: "Scan"
    adoption: "Adoption"


class Bootstrap:
    """Builds the services at the first call; every later call gets the same."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = asyncio.Lock()
        self._services: Services | None = None

    async def services(self) -> Services:
        """Return the services of this process."""
        if self._services is None:
            async with self._lock:
                if self._services is None:
                    self._services = await asyncio.to_thread(_build, self.settings)
                    # The libraries' objects stay for good: looking through them for garbage again and again would hold
                    # up the event loop for more than 0.1 s each time.
                    gc.freeze()
        return self._services


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def random_token() -> str:
    """Return 43 URL-safe characters: 256 random bits."""
    return secrets.token_urlsafe(32)


def random_mark() -> str:
    """Return 32 hexadecimal characters, for names in the vault and in tables."""
    return secrets.token_hex(16)


def _msal_session(origin: str, *, repeat_posts: bool = True) -> "requests.Session":
    from lib.adapters.msal_session import MsalSession

    return MsalSession(origin, repeat_posts=repeat_posts)


def _build(settings: Settings) -> Services:
    from lib.adapters import alert_rows, connection_rows, consent_rows, customer_rows
    from lib.adapters.azure import azure_credential
    from lib.adapters.entra import EntraClient
    from lib.adapters.entra_users import EntraUsers
    from lib.adapters.graph import GraphClient
    from lib.adapters.http import Http
    from lib.adapters.sealing import Sealing
    from lib.adapters.tables import Tables
    from lib.adapters.vault import KeyVault
    from lib.adapters.zones import TimeZones
    from lib.bootstrap.alerts import Foundation, build_scan
    from lib.usecases.adoption import Adoption
    from lib.usecases.askers import Askers
    from lib.usecases.checks import Chain
    from lib.usecases.clean_up import Cleaner
    from lib.usecases.credentials import Credentials
    from lib.usecases.finish_consent import FinishAdmin
    from lib.usecases.finish_sign_in import FinishSignIn
    from lib.usecases.get_schedule import GetSchedule
    from lib.usecases.keep_alive import KeepAlive
    from lib.usecases.questions import Questions
    from lib.usecases.renewals import Renewals
    from lib.usecases.sign_ins import SignIns
    from lib.usecases.user_tokens import UserTokens

    cloud = settings.cloud
    credential = azure_credential(settings.azure_authority_host)
    tables = Tables(
        connection_string=settings.tables_connection_string, endpoint=settings.tables_endpoint, credential=credential
    )
    mail_origin = [settings.email_url] if settings.email_url and settings.email_url.startswith("https://") else []
    http = Http(cloud.entra_url, cloud.graph_url, *mail_origin)
    customers = customer_rows.CustomerRows(tables.open(customer_rows.TABLE))
    consents = consent_rows.ConsentRows(tables.open(consent_rows.TABLE))
    connections = connection_rows.ConnectionRows(tables.open(connection_rows.TABLE))
    alerts = alert_rows.AlertRows(tables.open(alert_rows.TABLE))
    vault = KeyVault(settings.key_vault_url, credential)
    entra = EntraClient(http, cloud.entra_url, cloud.graph_scope, _msal_session)
    graph = GraphClient(http, cloud.graph_url)

    credentials = Credentials(vault, None if settings.production else settings.basic_application_id)
    renewals = Renewals(connections, Sealing(vault), EntraUsers(cloud.entra_url, _msal_session, entra.directory), now)
    askers, zones = Askers(credentials, entra, UserTokens(renewals)), TimeZones()
    zones.find("Europe/Berlin")  # reads its tables, here in a thread and not on the event loop
    adoption = Adoption(customers, credentials, entra)
    scan = build_scan(
        Foundation(
            settings=settings,
            credential=credential,
            tables=tables,
            http=http,
            customers=customers,
            alerts=alerts,
            entra=entra,
            graph=graph,
            credentials=credentials,
            renewals=renewals,
            adoption=adoption,
            now=now,
            random=random_mark,
        )
    )
    chain = Chain(entra, graph, settings.all_redirect_uris, near_days=max(settings.alert_days))
    sign_ins = SignIns(cloud, credentials, consents, settings.own_redirect_uris, now, random_token)
    return Services(
        customers=customers,
        connections=connections,
        graph=graph,
        credentials=credentials,
        chain=chain,
        cleaner=Cleaner(customers, vault, consents, connections, alerts),
        renewals=renewals,
        get_schedule=GetSchedule(customers, askers, Questions(graph), adoption, zones),
        zones=zones,
        sign_ins=sign_ins,
        finish_admin=FinishAdmin(customers, consents, credentials, renewals, chain, now),
        finish_sign_in=FinishSignIn(customers, sign_ins, renewals, entra, graph),
        keep_alive=KeepAlive(customers, consents, renewals, credentials),
        adoption=adoption,
        scan=scan,
    )
