"""Questions to Graph, and callers who ask them at the same moment, for tests of what is shared."""

import asyncio
from dataclasses import replace

from lib.domain.microsoft import AppToken
from lib.domain.schedule import Part
from lib.ports import Credential, Deadline
from lib.ports.graph import GraphAnswer, Tally
from lib.usecases.askers import AsApplication, Asker, AsUser
from lib.usecases.questions import Question, Questions
from lib.usecases.user_tokens import UserTokens
from tests.domain.clocks import ask
from tests.usecases.exchange import RECRUITER, SOURCE, Exchange, settle
from tests.usecases.fakes import APPLICATION, TENANT, FakeEntra
from tests.usecases.office import Office
from tests.usecases.user_fakes import ADA, user_token

PEOPLE = ("ada@x.com", "bob@x.com")
ENTRA, TOKEN = FakeEntra(), AppToken("token 1", 2e9)


def as_application(mailbox: str = RECRUITER, tenant: str = TENANT, application: str = APPLICATION) -> Asker:
    async def secret() -> str:
        return "s3cret"

    return AsApplication(Credential(("contoso", "m1", "v1"), tenant, application, secret), ENTRA, mailbox, scoped=False)


def as_user(user: str = ADA) -> Asker:
    office = Office()
    credential = office.credentials.of(office.saved, office.saved.newest, TENANT)  # type: ignore[arg-type]
    return AsUser(office.saved, credential, user, UserTokens(office.renewals))


QUESTION = Question(SOURCE, as_application(), TOKEN, ask(*PEOPLE), Part(PEOPLE, 0, 4))
OF_USER = replace(QUESTION, asker=as_user(), token=user_token())


class Callers:
    """Callers who ask at the same moment; everybody keeps a tally."""

    def __init__(self) -> None:
        self.graph = Exchange()
        self.graph.hold()
        self.questions = Questions(self.graph)
        self.tallies: list[Tally] = []

    def ask(self, question: Question, seconds: float = 30) -> "asyncio.Task[GraphAnswer]":
        self.tallies.append(Tally())
        return asyncio.create_task(self.questions.ask(question, Deadline.after(seconds), self.tallies[-1]))

    async def ask_all(self, *questions: Question) -> list[GraphAnswer | BaseException]:
        """Ask all at once, and let Graph answer only when everybody is waiting."""
        tasks = [self.ask(question) for question in questions]
        await settle()
        self.graph.open()
        return await asyncio.gather(*tasks, return_exceptions=True)
