"""The chain behind Test Calendar Configuration: what each check asks Microsoft, and when it stops.

Also used when an administrator comes back from consenting: the same proof counts there.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from lib.domain import checkup, permissions, verdicts
from lib.domain.advice import Topic
from lib.domain.checkup import Check, CheckName, Outcome, Report
from lib.domain.configuration import Access, Consent
from lib.domain.configuration import ConfigurationType as Type
from lib.domain.credential import UNKNOWN, Expiry
from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable, Refused
from lib.domain.microsoft import AppToken, EntraRefused, GraphRefused, SecretMissing, UserToken
from lib.domain.refusals import entra_advice, entra_error, of_basic
from lib.domain.registered import compare
from lib.ports import Credential, Deadline, Entra
from lib.ports.graph import Graph, Seat
from lib.usecases.free_busy import AskingAs, read_free_busy

# Raises Refused (not connected, reconnect), EntraRefused, SecretMissing.
UserTokenSource = Callable[[Credential, str, Deadline], Awaitable[UserToken]]


@dataclass(frozen=True)
class Subject:
    """What is examined: a stored revision or a draft. `tenant` is the pinned GUID, if there is one.

    `user_token` asks for a token of the test's user with the credential examined. `scoped`: it is known already that
    Exchange's RBAC for Applications lets this application in.
    """

    access: Access
    tenant: str | None
    expires: Expiry
    credential: Callable[[str], Credential]
    user_token: UserTokenSource
    scoped: bool = False


@dataclass(frozen=True)
class Examined:
    """What an examination found. `may_lag`: the failure is one that goes away by itself shortly after consent."""

    report: Report
    tenant: str | None = None
    learned_expires: Expiry = UNKNOWN
    granted: bool | None = None
    scoped: bool = False
    may_lag: bool = False

    @property
    def credential_failed(self) -> bool:
        """Whether Entra ID does not take the secret, or the vault does not hold it."""
        checks = self.report.checks
        return any(check.name is CheckName.CREDENTIAL and check.outcome is Outcome.FAILED for check in checks)


@dataclass
class _Findings:
    """What was found so far."""

    checks: list[Check] = field(default_factory=list)
    tenant: str | None = None
    learned: Expiry = UNKNOWN
    granted: bool | None = None
    scoped: bool = False
    may_lag: bool = False


@dataclass(frozen=True)
class Chain:
    """Makes the checks. `near_days`: from how many days on an expiry is near."""

    entra: Entra
    graph: Graph
    redirect_uris: tuple[str, ...]
    near_days: int

    async def examine(self, subject: Subject, user: str, now: datetime, deadline: Deadline) -> Examined:
        """Make every check that the ones before it allow.

        Raises MicrosoftUnavailable, Throttled if Entra ID cannot be asked at all; a Graph that cannot be asked
        is a failed check.
        """
        found = _Findings()
        try:
            await self._tenant(subject, found, deadline)
            if found.tenant and subject.access.type is Type.BASIC:
                self._basic(found)
                await self._as_user(subject, subject.credential(found.tenant), user, found, now, deadline)
            elif found.tenant:
                await self._application(subject, found.tenant, user, found, now, deadline)
        except MicrosoftTimeout as problem:  # only Entra ID's get here (contract: 502)
            raise MicrosoftUnavailable(problem.message, remedy=problem.remedy, trace=problem.trace) from problem
        if not any(check.name is CheckName.SECRET_EXPIRY for check in found.checks):
            self._expiry(subject, found, now)
        found.checks.append(
            checkup.skipped(CheckName.RESOURCES, "Rooms and equipment come with a later version; nothing was checked.")
        )
        report = checkup.report(now, found.checks)
        return Examined(report, found.tenant, found.learned, found.granted, found.scoped, found.may_lag)

    async def prove_consent(self, subject: Subject, deadline: Deadline) -> tuple[str | None, bool]:
        """Return the tenant's GUID and whether a token of it, fetched anew, carries a sufficient calendar role."""
        try:
            name = subject.tenant or subject.access.tenant_id or ""
            tenant = (await self.entra.directory(name, deadline)).id
            token = await self.entra.app_token(subject.credential(tenant), deadline, fresh=True)
        except (EntraRefused, SecretMissing):
            return None, False
        return tenant, token.tenant == tenant and bool(set(token.roles) & permissions.READS_CALENDARS)

    async def _tenant(self, subject: Subject, found: _Findings, deadline: Deadline) -> None:
        name = subject.tenant or subject.access.tenant_id or ""
        try:
            found.tenant = (await self.entra.directory(name, deadline.within(_ENTRA_SECONDS))).id
        except EntraRefused as refused:
            found.checks.append(verdicts.refused_by_entra(CheckName.TENANT, refused))
            return
        found.checks.append(checkup.passed(CheckName.TENANT, f"The tenant exists; its ID is {found.tenant}."))

    def _basic(self, found: _Findings) -> None:
        text = "Basic uses this deployment's own application, whose secret its operator keeps."
        found.checks.append(checkup.skipped(CheckName.CREDENTIAL, text))
        found.checks.append(checkup.skipped(CheckName.SECRET_EXPIRY, text))

    async def _as_user(
        self,
        subject: Subject,
        credential: Credential,
        user: str,
        found: _Findings,
        now: datetime,
        deadline: Deadline,
    ) -> None:
        """Make the checks of user consent: the user's own connection is the proof."""
        try:
            token = await subject.user_token(credential, user, deadline.within(_ENTRA_SECONDS))
        except SecretMissing:
            found.checks.append(verdicts.secret_gone(basic=subject.access.type is Type.BASIC))
            return
        except Refused as problem:
            found.checks.append(verdicts.connection_refused(problem))
            return
        except EntraRefused as refused:
            found.checks.append(_refused_for_user(refused, basic=subject.access.type is Type.BASIC))
            return
        found.checks.append(checkup.passed(CheckName.CONSENT, "The user has connected a calendar, and it works."))
        found.checks.append(permissions.check_scopes(token.scopes))
        asking = AskingAs(token, Seat(credential.tenant, credential.application_id, None))
        free_busy, _ = await read_free_busy(self.graph, asking, user, now, deadline, scoped=False)
        found.checks.append(free_busy)

    def _expiry(self, subject: Subject, found: _Findings, now: datetime) -> None:
        expires = found.learned if found.learned.known else subject.expires
        found.checks.append(checkup.check_expiry(expires, now.date(), near=self.near_days))

    async def _application(
        self, subject: Subject, tenant: str, user: str, found: _Findings, now: datetime, deadline: Deadline
    ) -> None:
        credential = subject.credential(tenant)
        token = await self._credential(credential, found, deadline)
        if token is None:
            return
        found.learned = await self._learn_expiry(credential, token, subject.expires, now, deadline)
        if subject.access.consent is Consent.USER:
            await self._as_user(subject, credential, user, found, now, deadline)
            return
        await self._app_only(subject, credential, token, user, found, now, deadline)

    async def _credential(self, credential: Credential, found: _Findings, deadline: Deadline) -> AppToken | None:
        """Ask for a token anew: it proves tenant, application and secret at once."""
        try:
            token = await self.entra.app_token(credential, deadline.within(_ENTRA_SECONDS), fresh=True)
        except SecretMissing:
            found.checks.append(verdicts.secret_gone())
            return None
        except EntraRefused as refused:
            self._token_refused(refused, found)
            return None
        found.checks.append(checkup.passed(CheckName.CREDENTIAL, "Entra ID accepts the application and its secret."))
        return token

    def _token_refused(self, refused: EntraRefused, found: _Findings) -> None:
        """Decide which check a refusal speaks about: the credential, or the consent it never came to."""
        advice = entra_advice(refused)
        if advice.topic in {Topic.THROTTLED, Topic.TRANSIENT}:
            raise entra_error(refused) from refused  # it says nothing about this configuration
        codes = set(refused.codes)
        found.may_lag = bool({7000229, *_APPLICATION_NOT_FOUND} & codes)
        if advice.topic is not Topic.CONSENT or codes & _APPLICATION_NOT_FOUND:
            found.checks.append(verdicts.refused_by_entra(CheckName.CREDENTIAL, refused))
            return
        found.granted = False
        found.checks.append(
            checkup.skipped(CheckName.CREDENTIAL, "Entra ID checks the secret once the application has consent.")
        )
        found.checks.append(self._with_redirects(verdicts.refused_by_entra(CheckName.CONSENT, refused)))

    def _with_redirects(self, check: Check) -> Check:
        return replace(check, remedy=f"{check.remedy} For it, {checkup.redirect_uris_text(self.redirect_uris)}")

    async def _learn_expiry(
        self, credential: Credential, token: AppToken, known: Expiry, now: datetime, deadline: Deadline
    ) -> Expiry:
        """Return the expiry that Entra ID knows, where the application may read itself; else it stays as it was."""
        if not set(token.roles) & permissions.READS_ITSELF:
            return UNKNOWN
        try:
            registered = await self.graph.registered_secrets(token, credential.application_id, deadline)
            return compare(registered, await credential.secret(), known, now).expires
        except (GraphRefused, SecretMissing, CalendarError):
            return UNKNOWN

    async def _app_only(
        self,
        subject: Subject,
        credential: Credential,
        token: AppToken,
        user: str,
        found: _Findings,
        now: datetime,
        deadline: Deadline,
    ) -> None:
        permission = permissions.check_permission(token.roles)
        has_role = bool(set(token.roles) & permissions.READS_CALENDARS)
        asking = AskingAs(token, Seat(credential.tenant, credential.application_id, user))
        free_busy, no_permission = await read_free_busy(self.graph, asking, user, now, deadline, scoped=subject.scoped)
        read = free_busy.outcome in {Outcome.PASSED, Outcome.WARNING}
        found.granted = True if has_role or read else (False if no_permission else None)
        found.scoped = read and not has_role
        if no_permission:
            found.may_lag = True
            permission = permissions.permission_refused(free_busy.code or "", self.redirect_uris)
        consent = verdicts.consent_of_admin(has_role=has_role, read=read, redirect_uris=self.redirect_uris)
        found.checks += [consent, permission, free_busy]


_ENTRA_SECONDS = 12.0  # for each thing asked of Entra ID, so that a test of an Entra ID that hangs ends soon

# Usually a wrong application or tenant ID, so they speak about the credential first; shortly after consent they pass.
_APPLICATION_NOT_FOUND = frozenset({700016, 700011})


def _refused_for_user(refused: EntraRefused, *, basic: bool) -> Check:
    """Return the failed check of a token that Entra ID did not give for a user, though the grant is not dead.

    Raises MicrosoftUnavailable, Throttled for what says nothing about this configuration.
    """
    advice = entra_advice(refused)
    if advice.topic in {Topic.THROTTLED, Topic.TRANSIENT}:
        raise entra_error(refused) from refused
    about_credential = advice.topic in {Topic.CREDENTIAL, Topic.CREDENTIAL_EXPIRED}
    if about_credential and basic:
        return verdicts.problem_found(CheckName.CREDENTIAL, of_basic(entra_error(refused)), advice.code)
    return verdicts.refused_by_entra(CheckName.CREDENTIAL if about_credential else CheckName.CONSENT, refused)
