"""Answer a getSchedule call: who is free, who is busy, and whose calendar could not be read."""

import asyncio
from dataclasses import dataclass

from lib.domain.configuration import Customer, Revision, answering
from lib.domain.errors import Refused
from lib.domain.fields import same_user
from lib.domain.free_busy import NOT_ALLOWED, Answer
from lib.domain.reading import Reader
from lib.domain.schedule import ScheduleRequest
from lib.domain.zones import Zones
from lib.ports import Customers, Deadline
from lib.ports.graph import Tally
from lib.usecases.adoption import Adoption
from lib.usecases.askers import Askers
from lib.usecases.look_up import LookUp
from lib.usecases.questions import Questions, Source


@dataclass(frozen=True)
class GetSchedule:
    """What answering takes besides the call."""

    customers: Customers
    askers: Askers
    questions: Questions
    adoption: Adoption
    zones: Zones

    async def run(
        self, customer_id: str, user: str, call: ScheduleRequest, deadline: Deadline, tally: Tally
    ) -> list[Answer]:
        """Ask Graph as `user` for the people of the call; return one answer per address, in the order asked.

        One table read; Entra ID and the vault only for a new token. When Entra ID does not take the secret, and
        somebody added a newer version to the vault that it does take, that one is used from then on. At the deadline
        whatever is known is answered, the rest is unknown. Raises the contract's errors, and only if no address could
        be read for a cause that refused the call itself.
        """
        stored = await self.customers.read(customer_id)
        customer, revision = answering(stored.customer if stored else None)
        try:
            return await self._answer(customer, revision, user, call, deadline, tally)
        except Refused as problem:
            if problem.code not in {"credentialRefused", "credentialExpired"}:
                raise
            newer = await self.adoption.after_refusal(customer, revision, deadline)
            if newer is None:
                raise
        return await self._answer(*answering(newer), user, call, deadline, tally)

    async def _answer(
        self,
        customer: Customer,
        revision: Revision,
        user: str,
        call: ScheduleRequest,
        deadline: Deadline,
        tally: Tally,
    ) -> list[Answer]:
        people = [address.strip() for address in call.people]  # answered as they were given
        allowed = {same_user(person): person for person in people if revision.wishes.allows(person)}
        if not allowed:
            return [(address, NOT_ALLOWED) for address in call.people]
        look_up = LookUp(
            Source(customer.id, customer.generation, revision.id),
            self.askers.of(customer, revision, user),
            call,
            tuple(allowed.values()),
            Reader(revision.wishes.details, self.zones),
            self.questions,
            deadline,
            tally,
        )
        await look_up.run()
        found = await asyncio.to_thread(look_up.known) if look_up.is_large else look_up.known()
        known = {same_user(address): of_them for address, of_them in found.items()}
        await look_up.asker.done()
        return [
            (given, known.get(same_user(person), NOT_ALLOWED))
            for given, person in zip(call.people, people, strict=True)
        ]
