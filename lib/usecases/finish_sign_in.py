"""Take the answer to a user's sign-in: redeem the code, make sure who signed in, and store the connection.

Nothing is stored unless the ID token is the answer to this very sign-in, and its account is the invited user of the
pinned tenant: by object id once that is known, before by name (contract: Consent links).
"""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace

from lib.domain.configuration import Customer
from lib.domain.connection import Connection, Grant, user_key
from lib.domain.consent import Answer, AnswerNotUsable, Ending, Finish, Start, WayOut, refusal
from lib.domain.errors import BasicNotAllowed, CalendarError, MicrosoftUnavailable, Refused
from lib.domain.fields import GUID
from lib.domain.microsoft import Directory, EntraRefused, Granted, GraphRefused, SecretMissing
from lib.domain.permissions import reads_calendars
from lib.domain.refusals import secret_missing, speaks_of_credential
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
from lib.ports import Conflict, Credential, Customers, Deadline, Entra, Redemption, StoredConnection
from lib.ports.graph import Graph
from lib.usecases.claim_sign_in import Claimed
from lib.usecases.connections_mark import announce_change, settle_change
from lib.usecases.renewals import ATTEMPTS, Renewals, overtaken_too_often
from lib.usecases.sign_ins import SignIns
from lib.usecases.ways_out import WaysOut

_log = logging.getLogger("calendar_connector")


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
        if not claimed.customer.users_connect:
            raise AnswerNotUsable  # the consent was changed meanwhile; nobody connects any more
        try:
            if answer.error is not None:
                raise _Ended(refusal(answer.error, answer.error_codes), answer.error_codes)
            if answer.code is None:
                raise AnswerNotUsable
            await self._connect(claimed, user, answer.code, deadline)
        except _Ended as ended:
            return await WaysOut(self.customers, self.sign_ins).after(claimed, user, ended.ending, ended.codes)
        except BasicNotAllowed:
            raise AnswerNotUsable from None  # the deployment does not offer Basic any more
        except (SecretMissing, CalendarError) as problem:
            if claimed.sign_in.return_url is None:  # our page for that
                if isinstance(problem, SecretMissing):
                    raise secret_missing() from problem
                raise
            _log.warning("a sign-in of customer %s failed: %s", claimed.customer.id, type(problem).__name__)
            return await WaysOut(self.customers, self.sign_ins).after(claimed, user, Ending.MICROSOFT_ERROR)
        return Finish(Ending.CONNECTED, claimed.sign_in.return_url, way_out=WayOut(user))

    async def _connect(self, claimed: Claimed, user: str, code: str, deadline: Deadline) -> None:
        granted, signed_in = await self._redeem(claimed, code, deadline)
        scopes = self.sign_ins.scopes(claimed.sign_in.variant)
        if not reads_calendars(granted.token.scopes):
            raise _Ended(Ending.ADMIN_CONSENT_REQUIRED)
        grant = Grant(granted.cache, scopes, granted.token, user)
        await self._store(claimed, user, grant, signed_in, deadline)

    async def _redeem(self, claimed: Claimed, code: str, deadline: Deadline) -> tuple[Granted, SignedIn]:
        """Redeem the code and return what was granted to whom. Raises _Ended."""
        revision = claimed.revision
        try:
            directory = await self.entra.directory(revision.tenant or revision.access.tenant_id or "", deadline)
            granted = await self._granted(claimed, code, directory, deadline)
        except EntraRefused as refused:
            ids = refused.trace.of_entra
            _log.warning("a code of customer %s was refused: %s, %s", claimed.customer.id, refused, ids)
            raise _Ended(refusal(refused.error or "", refused.codes), refused.codes) from refused
        application_id = self.sign_ins.credentials.application_id(revision.access)
        expected = Expected(application_id, directory.id, directory.issuer, nonce(claimed.binder))
        try:
            signed_in = read_id_token(granted.claims, expected, self.renewals.now())
        except NotOurs as problem:
            _log.warning("an ID token for customer %s is not the answer: %s", claimed.customer.id, problem.claim)
            raise _Ended(problem.ending) from problem
        of_one_account = (granted.token.tenant, granted.token.object_id) == (signed_in.tenant, signed_in.object_id)
        if not of_one_account or not granted.renewable:
            raise _Ended(Ending.MICROSOFT_ERROR)
        return granted, signed_in

    async def _granted(self, claimed: Claimed, code: str, directory: Directory, deadline: Deadline) -> Granted:
        """Redeem the code: with the tested secret, and if that is refused, with the one that waits for its test.

        So neither an expired secret nor a wrong new one keeps users from connecting. Entra ID looks at the secret
        before the code. Raises EntraRefused, SecretMissing.
        """
        redemption = Redemption(
            code,
            claimed.sign_in.redirect_uri,
            code_verifier(claimed.binder),
            nonce_seed(claimed.binder),
            self.sign_ins.scopes(claimed.sign_in.variant),
        )
        first, *others = self._credentials(claimed, directory.id)
        try:
            return await self.renewals.entra.redeem(first, redemption, deadline)
        except (EntraRefused, SecretMissing) as problem:
            if not others or (isinstance(problem, EntraRefused) and not speaks_of_credential(problem)):
                raise
            return await self.renewals.entra.redeem(others[0], redemption, deadline)

    def _credentials(self, claimed: Claimed, tenant: str) -> list[Credential]:
        revisions = [revision for revision in (claimed.customer.active, claimed.revision) if revision]
        found = [self.sign_ins.credentials.of(claimed.customer, revision, tenant) for revision in revisions]
        return list({credential.key: credential for credential in found}.values())

    async def _store(self, claimed: Claimed, user: str, grant: Grant, signed_in: SignedIn, deadline: Deadline) -> None:
        """Store the connection if this is the invited user. Raises _Ended, AnswerNotUsable (customer deleted)."""
        customer, key, now = claimed.customer, user_key(user), self.renewals.now()
        tenant, object_id = signed_in.tenant, signed_in.object_id
        connection = Connection(customer.id, customer.generation, key, tenant, object_id, b"", now, now)
        # First, since it makes the key if that was lost for good: what it sealed can be told from what is damaged then.
        sealed = await self.renewals.sealer.seal(grant.as_text(), connection.identity)
        for _ in range(ATTEMPTS):
            stored = await self.renewals.connections.read(customer.id, customer.generation, key)
            if not await self._is_invited(user, stored, grant, signed_in, deadline):
                raise _Ended(Ending.WRONG_ACCOUNT)
            if not await announce_change(customer, self.customers):
                raise AnswerNotUsable
            try:
                etag = stored.etag if stored else None
                await self.renewals.connections.write(replace(connection, sealed=sealed), etag)
                break
            except Conflict:  # another sign-in of the same user, or a renewal; look again at who it is now
                continue
        else:
            raise overtaken_too_often()
        if not await self._settle(customer):
            await self.renewals.connections.forget(customer.id, customer.generation)
            raise AnswerNotUsable

    async def _settle(self, customer: Customer) -> bool:
        """Return False if the customer is gone. If nothing can be told, the connection works, only not from memory."""
        for _ in range(2):
            with suppress(CalendarError):
                return await settle_change(customer, self.customers, self.sign_ins.random())
        return True

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
            if refused.status == 403:  # User.Read was not granted, so there is no other proof
                raise _Ended(Ending.NOT_VERIFIED) from refused
            raise MicrosoftUnavailable(
                "Microsoft Graph did not tell who signed in.", remedy="Try again in a minute.", trace=refused.trace
            ) from refused
        return str(profile.get("id")).lower() == signed_in.object_id and is_named(user, addresses_of(profile))

    async def _known_account(self, stored: StoredConnection) -> str | None:
        """Return whose account this connection is, if its seal vouches for it."""
        try:
            await self.renewals.open(stored.connection)
        except Refused:
            return None
        return stored.connection.object_id
