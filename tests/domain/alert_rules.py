"""The rules of alerts once more, for lives of many days: it keeps sets and dates, and knows nothing of the code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from lib.domain.alerts import History, Judgement, Kind, judge
from lib.domain.credential import Expiry
from lib.domain.findings import Seen, Trouble

START = date(2026, 1, 1)
WEEK = timedelta(days=7)
TROUBLE = Trouble("AADSTS7000215", "refused")
GONE = Trouble("AADSTS7000229", "withdrawn")
EMPTY = History("contoso", "g1")


@dataclass(frozen=True)
class Scene:
    """What a scan sees on one day."""

    today: date
    secret: str
    expires: Expiry
    asked: bool = True
    refused: bool = False
    withdrawn: bool = False
    expired_by_entra: bool = False
    thresholds: tuple[int, ...] = ()

    @property
    def reached(self) -> set[int]:
        """The thresholds that the days left have reached; what Entra ID calls expired has reached the last."""
        left = self.expires.days_left(self.today)
        by_date = {days for days in (*self.thresholds, 0) if left is not None and left <= days}
        return by_date | ({0} if self.asked and self.expired_by_entra else set())

    def seen(self) -> Seen:
        refused = TROUBLE if self.asked and (self.refused or self.expired_by_entra) else None
        withdrawn = GONE if self.asked and self.withdrawn and not refused else None
        by_entra = self.asked and self.expired_by_entra
        return Seen(self.secret, "g1", self.expires, self.asked, refused, by_entra, withdrawn)


def tell(scenes: Sequence[Scene]) -> list[Judgement]:
    """Return what the code says on each of these days."""
    history, said = EMPTY, []
    for scene in scenes:
        judgement = judge(history, scene.seen(), scene.thresholds, scene.today)
        again = judge(judgement.history, scene.seen(), scene.thresholds, scene.today)
        assert again == Judgement(judgement.history), "a second look on the same day tells nothing"
        history = judgement.history
        said.append(judgement)
    return said


@dataclass
class Standing:
    """Something told at once, then weekly, until Entra ID says that it is over."""

    about: str | None = None
    last: date = START

    def tell(self, about: str, here: bool, scene: Scene) -> bool:
        if not scene.asked:
            return False
        if not here:
            self.about = None
            return False
        due = self.about != about or scene.today - self.last >= WEEK
        self.about, self.last = about, scene.today if due else self.last
        return due


@dataclass
class Rules:
    """What has to be told, by the rules. `covered` are the thresholds told, or passed over for a more urgent one."""

    covered: set[int] = field(default_factory=set)
    secret: str = ""
    until: date | None = None
    last: date = START
    refused: Standing = field(default_factory=Standing)
    withdrawn: Standing = field(default_factory=Standing)

    @property
    def open(self) -> bool:
        return bool(self.covered) or self.refused.about is not None or self.withdrawn.about is not None

    def expected(self, scene: Scene) -> tuple[set[Kind], bool]:
        """Return what is due on this day, and whether the last trouble is over. Unknown expiry is left aside."""
        was_open, due = self.open, set()
        if self._expiry(scene):
            due.add(Kind.EXPIRED if 0 in scene.reached else Kind.EXPIRING)
        if self.refused.tell(scene.secret, scene.refused and not scene.expired_by_entra, scene):
            due.add(Kind.REFUSED)
        if self.withdrawn.tell("g1", scene.withdrawn and not (scene.refused or scene.expired_by_entra), scene):
            due.add(Kind.CONSENT)
        return due, was_open and not self.open

    def _expiry(self, scene: Scene) -> bool:
        """Thresholds count on, also under another date, until the secret lasts longer or nothing is due by its date.

        What was told as expired is over only when Entra ID was asked.
        """
        on, reached = scene.expires.on, scene.reached
        longer = (on - self.until).days > 1 if on and self.until else scene.secret != self.secret
        if longer and reached:
            self.covered = set()
        if 0 in self.covered and 0 not in reached:
            if not scene.asked:
                return False
            self.covered = set()
        if not reached:
            self.covered = set()
            return False
        self.until = on
        most_urgent = min(reached)
        due = most_urgent < min(self.covered, default=10**6)
        due = due or (most_urgent == 0 and scene.today - self.last >= WEEK)
        self.covered |= reached
        if due:
            self.last, self.secret = scene.today, scene.secret
        return due
