"""The whole journey, from the first save to the end of the last process, and what is left of it to look at."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.journeys.scans import new_office
from tests.sandbox.mail.inbox import ReceivedMail
from tests.telemetry import asking, consenting, failing, scanning
from tests.telemetry.needles import Needle, needles
from tests.telemetry.setting import IN_A_ROW, JUNK, UPSTREAM, Setting
from tests.telemetry.witness import Exchange, Witness

Step = Callable[[Setting], object]
STEPS: tuple[Step, ...] = (
    consenting.administrator_consents,
    consenting.users_connect,
    asking.everybody_in_bad_weather,
    asking.nonsense,
    scanning.secrets_end,
    scanning.letters_are_refused,
    scanning.by_communication_services,
    scanning.keys_rotate,
    scanning.connections_are_idle,
    scanning.timers_run,
    failing.everything_refuses,
    failing.nobody_identifies_us,
    scanning.everything_is_forgotten,
    failing.rows_are_damaged,
    failing.a_process_ends_at_work,
    failing.tables_go_away,
)


@dataclass(frozen=True)
class Journey:
    """What is left of it: what all processes wrote, what they answered and sent, and what was secret.

    `upstream` is what Microsoft and mail servers said of failures, `sent` what callers sent to the wrong places, `rows`
    what somebody wrote into the tables.
    """

    log: str
    exchanges: list[Exchange]
    letters: list[ReceivedMail]
    secrets: list[Needle]
    people: list[Needle]
    upstream: list[Needle]
    sent: list[Needle]
    rows: list[Needle]


def make() -> Journey:
    """Make the journey. What takes its time by its nature, a service that never answers, goes on beside the rest."""
    with new_office() as office:
        letters: list[ReceivedMail] = []
        with Witness(office.stack) as witness:
            setting = Setting(office, witness)
            waiting = _Beside(asking.never_answered, setting)
            for step in STEPS:
                if step is scanning.secrets_end:
                    waiting.expect_well()
                step(setting)
                letters += office.stack.inbox.mails
                office.stack.inbox.clear()
            office.stack.host.stop()
            return Journey(
                log=setting.log(),
                exchanges=witness.exchanges,
                letters=letters,
                secrets=[*witness.secrets(), *needles("client secret", [consenting.WRONG_SECRET])],
                people=witness.people(),
                upstream=needles("what Microsoft said", [UPSTREAM], secret=False),
                sent=needles("what a caller sent", [JUNK], secret=False),
                rows=needles("what a row held", [IN_A_ROW], secret=False),
            )


class _Beside:
    """A step that goes on in a thread."""

    def __init__(self, step: Step, setting: Setting) -> None:
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(step, setting), daemon=True)
        self._thread.start()

    def _run(self, step: Step, setting: Setting) -> None:
        try:
            step(setting)
        except BaseException as failure:
            self._failure = failure

    def expect_well(self) -> None:
        """Wait for its end and raise what it raised."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
