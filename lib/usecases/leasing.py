"""Do something alone: hold a lease while it goes on, and leave a note for whoever comes next."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from lib.domain.errors import CalendarError
from lib.ports import Conflict, Deadline, Now, Random
from lib.ports.alerts import Lease, Leases

_HELD_FOR = timedelta(seconds=30)  # so long does the next one wait after a process was killed
_RENEW_EVERY = 8.0  # seconds: two renewals may fail before the lease is lost
_LOOK_EVERY = 1.0  # seconds, while somebody else has it


class Busy(Exception):
    """Somebody else holds the lease."""


@dataclass
class Held:
    """A lease that is held. `note` is stored with every renewal; `lost`: somebody else may be at work by now."""

    lease: Lease
    note: str
    lost: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)
    renewing: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True)
class Leasing:
    """Takes leases."""

    leases: Leases
    now: Now
    random: Random

    @asynccontextmanager
    async def alone(self, name: str, wait: Deadline) -> AsyncIterator[Held]:
        """Hold the lease, waiting for it until `wait`. Its note is the one that was left. Raises Busy."""
        lease = await self._take(name, wait)
        held = Held(lease, lease.note)
        keeping = asyncio.create_task(self._keep(held))
        try:
            yield held
        finally:
            held.over.set()
            await keeping
            if not held.lost:
                with suppress(Conflict, CalendarError):  # then it ends by itself
                    await self.leases.give_back(held.lease, held.note)

    async def confirm(self, held: Held) -> None:
        """Renew the lease now and store its note. Raises Busy if it was lost."""
        async with held.renewing:
            try:
                held.lease = await self.leases.renew(held.lease, self.now() + _HELD_FOR, held.note)
            except Conflict:
                held.lost = True
                raise Busy from None

    async def _take(self, name: str, wait: Deadline) -> Lease:
        owner = self.random()
        while True:
            now = self.now()
            lease = await self.leases.take(name, owner, now, now + _HELD_FOR)
            if lease is not None:
                return lease
            if wait.left() <= _LOOK_EVERY:
                raise Busy
            await asyncio.sleep(_LOOK_EVERY)

    async def _keep(self, held: Held) -> None:
        """Renew the lease until it is over."""
        while not held.lost:
            with suppress(TimeoutError):
                await asyncio.wait_for(held.over.wait(), _RENEW_EVERY)
            if held.over.is_set():
                return
            try:
                await self.confirm(held)
            except Busy:
                return
            except CalendarError:
                held.lost = self.now() >= held.lease.until
