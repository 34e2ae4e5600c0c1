"""Take the answer to a user's sign-in: redeem the code, make sure who signed in, and store the connection.

Nothing is stored unless the ID token is the answer to this very sign-in, and its account is the invited user of the
pinned tenant: by object id once that is known, before by name (contract: Consent links).
"""

import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace

from lib.domain.configuration import ConfigurationType, Consent, Customer, Revision
from lib.domain.connection import Connection, Grant, user_key
from lib.domain.consent import (
    LINK_LIFE,
    USER_LINK_LIFE,
    Answer,
    AnswerNotUsable,
    Ending,
    Finish,
    Link,
    SignIn,
    Start,
    Variant,
    WayOut,
    refusal,
)
from lib.domain.errors import CalendarError, CustomerNotFound, MicrosoftUnavailable, Refused
from lib.domain.fields import GUID
from lib.domain.microsoft import EntraRefused, Granted, GraphRefused, SecretMissing
from lib.domain.permissions import reads_calendars
from lib.domain.sign_in import (
    Expected,
    NotOurs,
    SignedIn,
    addresses_of,
    code_verifier,
    is_named,
    nonce,
    nonce_seed,
    read_id_token,
)
from lib.ports import Conflict, Customers, Deadline, Entra, Graph, Redemption, StoredConnection
from lib.usecases.connected import mark_connections
from lib.usecases.invite_admin import leave_nothing
from lib.usecases.renewals import ATTEMPTS, Renewals, overtaken_too_often
from lib.usecases.sign_ins import SignIns

_log = logging.getLogger("calendar_connector")


@dataclass(frozen=True)
class Claimed:
    """A sign-in that was used up by its own browser, and the customer as it is now. `binder` is the cookie's value."""

    sign_in: SignIn
    customer: Customer
    revision: Revision
    binder: str = field(repr=False)


class _Ended(Exception):
    """The sign-in ends here. `codes` are Entra ID's."""

    def __init__(self, ending: Ending, codes: tuple[int, ...] = ()) -> None:
        super().__init__(ending)
        self.ending = ending
        self.codes = codes


@dataclass(frozen=True)
class FinishSignIn:
    """Finishes users' sign-ins."""

    customers: Customers
    sign_ins: SignIns
    renewals: Renewals
    entra: Entra
    graph: Graph

    async def finish(self, claimed: Claimed, user: str, answer: Answer, deadline: Deadline) -> Finish | Start:
        """Return how the sign-in ended, or where the browser goes to try with what is registered.

        Raises AnswerNotUsable.
        """
        if claimed.revision.access.consent is Consent.ADMIN:
            raise AnswerNotUsable  # the consent was changed meanwhile; nobody connects any more
        try:
            if answer.error is not None:
                raise _Ended(refusal(answer.error, answer.error_codes), answer.error_codes)
            if answer.code is None:
                raise AnswerNotUsable
            await self._connect(claimed, user, answer.code, deadline)
        except _Ended as ended:
            return await self._another_way(claimed, user, ended)
        except (SecretMissing, CalendarError) as problem:
            if claimed.sign_in.return_url is None and isinstance(problem, CalendarError):
                raise  # our page for that
            _log.warning("a sign-in of customer %s failed: %s", claimed.customer.id, type(problem).__name__)
            return await self._another_way(claimed, user, _Ended(Ending.MICROSOFT_ERROR))
        return Finish(Ending.CONNECTED, claimed.sign_in.return_url, way_out=WayOut(user))

    async def _another_way(self, claimed: Claimed, user: str, ended: _Ended) -> Finish | Start:
        """Return where the browser goes next, leaving nothing behind if the customer is deleted meanwhile."""
        not_approved = ended.ending is Ending.ADMIN_CONSENT_REQUIRED or not _NOT_REGISTERED.isdisjoint(ended.codes)
        try:
            if not_approved and claimed.sign_in.variant is not Variant.REGISTERED:
                next_step: Finish | Start = await self._ask_for_registered(claimed)
            else:
                next_step = await self._offer(claimed, user, ended)
            consents = self.sign_ins.consents
            await leave_nothing(claimed.customer.id, claimed.customer.generation, self.customers, consents)
        except CustomerNotFound:
            raise AnswerNotUsable from None
        return next_step

    async def _connect(self, claimed: Claimed, user: str, code: str, deadline: Deadline) -> None:
        granted, signed_in = await self._redeem(claimed, code, deadline)
        scopes = self.sign_ins.scopes(claimed.sign_in.variant)
        if not reads_calendars(granted.token.scopes):
            raise _Ended(Ending.ADMIN_CONSENT_REQUIRED)
        grant = Grant(granted.cache, scopes, granted.token)
        await self._store(claimed, user, grant, signed_in, deadline)

    async def _redeem(self, claimed: Claimed, code: str, deadline: Deadline) -> tuple[Granted, SignedIn]:
        """Redeem the code and return what was granted to whom. Raises _Ended."""
        revision, sign_in = claimed.revision, claimed.sign_in
        redemption = Redemption(
            code,
            sign_in.redirect_uri,
            code_verifier(claimed.binder),
            nonce_seed(claimed.binder),
            self.sign_ins.scopes(sign_in.variant),
        )
        try:
            directory = await self.entra.directory(revision.tenant or revision.access.tenant_id or "", deadline)
            credential = self.sign_ins.credentials.of(claimed.customer, revision, directory.id)
            granted = await self.renewals.entra.redeem(credential, redemption, deadline)
        except EntraRefused as refused:
            _log.warning("a code of customer %s was refused: %s", claimed.customer.id, refused)
            raise _Ended(refusal(refused.error or "", refused.codes), refused.codes) from refused
        expected = Expected(credential.application_id, directory.id, directory.issuer, nonce(claimed.binder))
        try:
            signed_in = read_id_token(granted.claims, expected, self.renewals.now())
        except NotOurs as problem:
            _log.warning("an ID token for customer %s is not the answer: %s", claimed.customer.id, problem.claim)
            raise _Ended(problem.ending) from problem
        if (granted.token.tenant, granted.token.object_id) != (signed_in.tenant, signed_in.object_id):
            raise _Ended(Ending.MICROSOFT_ERROR)
        return granted, signed_in

    async def _store(self, claimed: Claimed, user: str, grant: Grant, signed_in: SignedIn, deadline: Deadline) -> None:
        """Store the connection if this is the invited user. Raises _Ended, AnswerNotUsable (customer deleted)."""
        customer, key, now = claimed.customer, user_key(user), self.renewals.now()
        for _ in range(ATTEMPTS):
            stored = await self.renewals.connections.read(customer.id, customer.generation, key)
            if not await self._is_invited(user, stored, grant, signed_in, deadline):
                raise _Ended(Ending.WRONG_ACCOUNT)
            connection = Connection(
                customer.id, customer.generation, key, signed_in.tenant, signed_in.object_id, b"", now, now
            )
            sealed = await self.renewals.sealer.seal(grant.as_text(), connection.identity)
            try:
                etag = stored.etag if stored else None
                await self.renewals.connections.write(replace(connection, sealed=sealed), etag)
                break
            except Conflict:  # another sign-in of the same user, or a renewal; look again at who it is now
                continue
        else:
            raise overtaken_too_often()
        if not await self._mark(customer, key, created=stored is None):
            await self.renewals.connections.forget(customer.id, customer.generation)
            raise AnswerNotUsable

    async def _mark(self, customer: Customer, key: str, *, created: bool) -> bool:
        """Tell every process; return False if the customer is gone.

        If that cannot be seen, a row that was created is removed again; one that was there before is as good as it was.
        """
        with suppress(CalendarError):
            return await mark_connections(customer, self.customers, self.sign_ins.random())
        try:
            return await mark_connections(customer, self.customers, self.sign_ins.random())
        except CalendarError:
            if created:
                with suppress(CalendarError):
                    await self.renewals.connections.remove(customer.id, customer.generation, key)
            raise

    async def _is_invited(
        self, user: str, stored: StoredConnection | None, grant: Grant, signed_in: SignedIn, deadline: Deadline
    ) -> bool:
        if GUID.fullmatch(user):
            return signed_in.object_id == user.lower()
        if stored is not None and (known := await self._known_account(stored)) is not None:
            return known == signed_in.object_id
        if is_named(user, [signed_in.user_principal_name]):
            return True
        try:
            profile = await self.graph.profile(grant.token, deadline)
        except GraphRefused as refused:
            if refused.status == 403:
                return False  # User.Read was not granted, so there is no other proof
            raise MicrosoftUnavailable("Graph did not tell who signed in.", trace=refused.trace) from refused
        return str(profile.get("id")).lower() == signed_in.object_id and is_named(user, addresses_of(profile))

    async def _known_account(self, stored: StoredConnection) -> str | None:
        """Return whose account this connection is, if its seal vouches for it."""
        try:
            await self.renewals.open(stored.connection)
        except Refused:
            return None
        return stored.connection.object_id

    async def _ask_for_registered(self, claimed: Claimed) -> Start:
        """Go to Microsoft once more, for what the registration lists: that may be what was approved."""
        return await self.sign_ins.begin(_again(claimed.sign_in, Variant.REGISTERED), claimed.revision)

    async def _offer(self, claimed: Claimed, user: str, ended: _Ended) -> Finish:
        """Return how it ended with the ways out that a page offers; where the ATS takes over, it makes its own."""
        sign_in, revision = claimed.sign_in, claimed.revision
        retry = admin_link = None
        if sign_in.return_url is None and await self.sign_ins.consents.count_offer(sign_in):
            blocked = ended.ending in {Ending.ADMIN_CONSENT_REQUIRED, Ending.DECLINED}
            variant = Variant.OTHER_ACCOUNT if ended.ending in _OTHER_ACCOUNT else None
            retry, _ = await self.sign_ins.invite(
                claimed.customer,
                revision,
                USER_LINK_LIFE,
                user=user,
                after=sign_in,
                variant=Variant.REGISTERED if blocked else variant,
            )
            if blocked:
                admin_link, _ = await self.sign_ins.invite(claimed.customer, revision, LINK_LIFE)
        basic = revision.access.type is ConfigurationType.BASIC
        return Finish(ended.ending, sign_in.return_url, ended.codes, way_out=WayOut(user, retry, admin_link, basic))


_OTHER_ACCOUNT = frozenset({Ending.WRONG_ACCOUNT, Ending.WRONG_TENANT})
_NOT_REGISTERED = frozenset({65005, 650056, 650057})  # what was asked for is not what the registration lists


def _again(sign_in: SignIn, variant: Variant) -> Link:
    """Return what stands for the link of a sign-in that is begun once more; it is not stored."""
    return Link(
        "",
        sign_in.customer,
        sign_in.generation,
        sign_in.expires_at,
        sign_in.return_url,
        user=sign_in.user,
        variant=variant,
        root=sign_in.root,
        ends_at=sign_in.expires_at,
    )
