"""Builds what scans secrets and sends alerts. Imported, with all that it imports, when the services are built."""

from dataclasses import dataclass

from azure.core.credentials_async import AsyncTokenCredential

from lib.adapters import scan_rows
from lib.adapters.alert_rows import AlertRows
from lib.adapters.customer_rows import CustomerRows
from lib.adapters.entra import EntraClient
from lib.adapters.graph import GraphClient
from lib.adapters.http import Http
from lib.adapters.lease_rows import LeaseRows
from lib.adapters.tables import Tables
from lib.ports import Now, Random
from lib.ports.alerts import Mail
from lib.settings import Settings
from lib.usecases.adoption import Adoption
from lib.usecases.credentials import Credentials
from lib.usecases.deliver_alerts import Delivery
from lib.usecases.digests import Digests
from lib.usecases.ended_users import EndedUsers
from lib.usecases.housekeeping import Housekeeping
from lib.usecases.leasing import Leasing
from lib.usecases.look_at_basic import BasicLooker
from lib.usecases.look_at_customer import Looker
from lib.usecases.renewals import Renewals
from lib.usecases.scan_secrets import Scan
from lib.usecases.tell import Teller


@dataclass(frozen=True)
class Foundation:
    """What everything else is built on."""

    settings: Settings
    credential: AsyncTokenCredential
    tables: Tables
    http: Http
    customers: CustomerRows
    alerts: AlertRows
    entra: EntraClient
    graph: GraphClient
    credentials: Credentials
    renewals: Renewals
    adoption: Adoption
    now: Now
    random: Random


def build_scan(base: Foundation) -> Scan:
    """Return the scan, with the delivery and the summaries in it."""
    settings, customers, alerts, now = base.settings, base.customers, base.alerts, base.now
    runs = base.tables.open(scan_rows.TABLE)
    leasing = Leasing(LeaseRows(runs), now, base.random)
    housekeeping = Housekeeping(customers, base.credentials.vault, now)
    ended_users = EndedUsers(base.renewals)
    digests = Digests(alerts, customers, ended_users, settings.alert_recipients, now)
    return Scan(
        customers=customers,
        alerts=alerts,
        scans=scan_rows.ScanRows(runs),
        looker=Looker(base.credentials, base.entra, base.graph, ended_users, base.adoption, housekeeping, now),
        basic=BasicLooker(base.credentials, base.entra),
        teller=Teller(alerts, customers, settings.alert_recipients, settings.alert_days, now),
        housekeeping=housekeeping,
        delivery=Delivery(alerts, digests, _mail(base), leasing, now, settings.cloud.portal_url),
        leasing=leasing,
        now=now,
    )


def _mail(base: Foundation) -> Mail | None:
    """Return the e-mail service of EMAIL_URL."""
    url, sender = base.settings.email_url, base.settings.email_sender
    if url is None or sender is None:
        return None
    if url.startswith("https://"):
        from lib.adapters.communication import CommunicationMail

        return CommunicationMail(base.http, url, sender, base.credential)
    from lib.adapters.smtp import SmtpMail

    return SmtpMail(url, sender)
