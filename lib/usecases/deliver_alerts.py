"""Send the alerts that wait: one letter per recipient, the most urgent first, as fast as the service lets us.

Only one process sends at a time. A letter counts as sent when the service has accepted it, and only then its notices
are removed: who is killed in between repeats that one letter, with the same key.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from lib.domain.errors import CalendarError, Throttled
from lib.domain.letters.compose import compose
from lib.domain.notices import Queued
from lib.domain.pacing import Paced
from lib.ports import Deadline, Now
from lib.ports.alerts import Alerts, LetterRefused, Mail
from lib.usecases.digests import Digest, Digests
from lib.usecases.leasing import Busy, Held, Leasing

_log = logging.getLogger("calendar_connector")

_LEASE = "delivery"
_LETTER_SECONDS = 100.0  # for one letter: servers may take long over it (RFC 5321, 4.5.3.2)
_LEAST_SECONDS = 20.0  # with less left no letter is begun
_WAIT_FOR_TURN = 30.0  # seconds, for another process that sends
_TRY_AGAIN_AFTER = timedelta(hours=20)  # a letter that was refused
_MOST_FAILURES = 3  # of the service, one after the other; then the rest waits for the next run


@dataclass
class Delivered:
    """What a run did: `letters` accepted and `refused`, others still `waiting`; `alerts` of which every letter is out.

    `problem` says what kept letters from going out.
    """

    letters: int = 0
    refused: int = 0
    waiting: int = 0
    alerts: int = 0
    problem: str | None = None

    @property
    def failed(self) -> bool:
        """Whether somebody should look into it: waiting for the service's pace, or for another sender, is no fault."""
        return self.refused > 0 or self.problem not in {None, "paced", "deliveryRunning"}


@dataclass(frozen=True)
class Delivery:
    """Sends what waits. `mail` is None where no e-mail service is set; `portal` is where administrators click."""

    alerts: Alerts
    digests: Digests
    mail: Mail | None
    leasing: Leasing
    now: Now
    portal: str

    async def run(self, deadline: Deadline) -> Delivered:
        """Send what waits, until the deadline. Raises what the table raises when it cannot be used."""
        result = Delivered()
        if self.mail is None:
            result.waiting = len(await self.digests.waiting())
            result.problem = "emailNotConfigured" if result.waiting else None
            return result
        try:
            async with self.leasing.alone(_LEASE, deadline.within(_WAIT_FOR_TURN)) as held:
                pace = self.mail.pace
                paced = Paced.parse(held.note, (pace.per_minute, pace.per_hour) if pace else None)
                await _Sending(self, self.mail, held, paced, result, deadline).all(await self.digests.waiting())
        except Busy:
            result.problem = "deliveryRunning"
        return result


@dataclass
class _Sending:
    """One run on its way. `open_rows` counts what is left of each alert."""

    delivery: Delivery
    mail: Mail
    held: Held
    paced: Paced
    result: Delivered
    deadline: Deadline
    open_rows: Counter[str] = field(default_factory=Counter)
    throttled: bool = False

    async def all(self, digests: list[Digest]) -> None:
        """Send one letter after the other. Raises Busy when another process has taken over."""
        self.result.waiting = len(digests)
        for digest in digests:
            self.open_rows.update(queued.alert for queued in [*digest.queued, *digest.later])
        failures = 0
        for digest in digests:
            try:
                if not await self._in_time(digest):
                    return
                failures = 0
                only_left_out = digest.left_out and not digest.queued  # then there was no letter yet
                self.result.waiting -= not (only_left_out or digest.later)
            except Busy:
                raise
            except Exception as problem:
                failures += 1
                self._note(problem)
                await self._postpone(digest, refused=False)
            if failures == _MOST_FAILURES:
                return

    def _note(self, problem: Exception) -> None:
        """Tell why a letter could not be sent."""
        if isinstance(problem, CalendarError):
            code = problem.trace.code or problem.code
            _log.error("a letter could not be sent: %s (%s) %s", problem.message, code, problem.remedy or "")
            self.result.problem = self.result.problem or problem.code
        else:
            _log.error("a letter could not be sent: %s", type(problem).__name__, exc_info=problem)
            self.result.problem = "internalError"

    async def _in_time(self, digest: Digest) -> bool:
        """Send a letter when its turn has come; False if that is after the deadline."""
        attempts = 0
        while True:
            wait = self.paced.wait(self.delivery.now())
            if wait + _LEAST_SECONDS > self.deadline.left():
                self.result.problem = self.result.problem or ("throttled" if self.throttled else "paced")
                return False
            await asyncio.sleep(wait)
            try:
                await self._send(digest)
                self.throttled = False
                return True
            except Throttled as busy:
                self.throttled = True
                attempts += 1
                if attempts > 1:  # then it may be about this letter
                    await self._postpone(digest, refused=False)
                self.paced.hold_back(self.delivery.now() + timedelta(seconds=busy.retry_after))

    async def _send(self, digest: Digest) -> None:
        """Send one letter, if anything of it is still true."""
        before = digest.queued
        content = await self.delivery.digests.still_true(digest)
        self._done(queued for queued in before if queued not in [*digest.queued, *digest.left_out])
        if content is None:
            return
        now = self.delivery.now()
        letter = compose(content, now, self.delivery.portal)
        self.paced.sent(now)
        self.held.note = self.paced.as_text()
        # Still alone, and the table can be written: otherwise what is sent now would be sent again.
        await self.delivery.leasing.confirm(self.held)
        for customer in digest.first_about:  # before: whoever may have got it is told when all is well again
            await self.delivery.alerts.handing_over(customer, now)
        try:
            await self.mail.send(letter, digest.recipient, digest.key, self.deadline.within(_LETTER_SECONDS))
        except LetterRefused as refused:
            await self._refused(digest, refused)
            return
        except Throttled:
            raise
        except CalendarError:
            self.result.problem = "emailFailed"
            raise
        self.result.letters += 1
        for customer, rows in digest.rows().items():
            await self.delivery.alerts.drop(customer, rows)
        self.result.alerts += self._done(digest.queued)

    async def _refused(self, digest: Digest, refused: LetterRefused) -> None:
        """Note that the service does not take this letter: others go out, and it is tried again.

        That is with the next run if the reason passes, else 20 hours later.
        """
        _log.error("a letter with %d alerts was refused by the e-mail service: %s", len(digest.queued), refused.code)
        self.result.refused += 1
        await self._postpone(digest, refused=True, by=timedelta() if refused.passing else _TRY_AGAIN_AFTER)

    async def _postpone(self, digest: Digest, *, refused: bool, by: timedelta = timedelta()) -> None:
        """Note that a letter failed: the next run tries it after all others, so that it holds up nobody."""
        for queued in digest.queued:
            await self.delivery.alerts.postpone(queued, self.delivery.now() + by, refused=refused)

    def _done(self, rows: Iterable[Queued]) -> int:
        """Take rows off what is left, and return of how many alerts nothing is left."""
        done = [queued.alert for queued in rows]
        self.open_rows.subtract(done)
        return sum(self.open_rows[alert] == 0 for alert in set(done))
