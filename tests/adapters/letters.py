"""Letters for tests, and what a reader sees of their two forms."""

from html.parser import HTMLParser

from hypothesis import strategies as st

from lib.domain.letters import Letter, Part

APPLICATION = "0f9e8d7c-6b5a-4c3d-8e2f-1a0b9c8d7e6f"
GUIDE = (
    "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/0f9e8d7c"
)

LETTER = Letter(
    subject="Action needed: the client secret of contoso expires in 7 days",
    opening=(
        "The client secret with which the calendar of contoso is read expires on 28 November 2026, in 7 days.",
        "From that day on no interview can be scheduled in this calendar.",
    ),
    parts=(
        Part(
            heading="Which secret",
            paragraphs=("Entra ID lists it under Certificates & secrets.",),
            facts=(("Customer", "contoso"), ("Application (client) ID", APPLICATION), ("Expires", "2026-11-28 (UTC)")),
        ),
        Part(
            heading="Users who have to connect again",
            lines=("ada@contoso.com", "grace.hopper@contoso.com – her administrator reset the password <yesterday>"),
        ),
        Part(
            heading="What to do",
            steps=(
                f"Open {GUIDE}.",
                "Choose New client secret, and copy its value: it is shown once, and never again after the page was "
                "left (see https://learn.microsoft.com/entra, section 3).",
                "Save it in the Calendar Configuration.",
            ),
        ),
    ),
    why="You get this e-mail because your address is among the alert recipients of contoso's calendar.",
)


class Shown(HTMLParser):
    """Reads a document as a person sees it: its words, its links, its numbers before list items."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self._numbers: list[int | None] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "meta":
            return
        self.open.append(tag)
        if tag in {"ol", "ul"}:
            self._numbers.append(0 if tag == "ol" else None)
        elif tag == "li" and self._numbers[-1] is not None:
            self._numbers[-1] += 1
            self.text += f" {self._numbers[-1]}. "

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in {"ol", "ul"}:
            self._numbers.pop()
        self.text += "" if tag in {"a", "span"} else "\n"

    def handle_data(self, data):
        if not {"title", "style"} & set(self.open):
            self.text += data

    def attributes(self, name: str) -> list[str | None]:
        """Return the values of an attribute, wherever it is."""
        return [found[name] for _, found in self.tags if name in found]


def words(text: str) -> list[str]:
    """Return the words of a text without the lines and dashes that only structure it."""
    return [word for word in text.split() if word.strip("-")]


def letters() -> st.SearchStrategy[Letter]:
    """Return letters of whatever text."""
    text = st.text(st.characters() | st.sampled_from("<>&\"'/-\r\n\u2028\x00\u202e ") | st.just(" "), max_size=120)
    texts = st.lists(text, max_size=3).map(tuple)
    pairs = st.lists(st.tuples(text, text), max_size=3).map(tuple)
    part = st.builds(Part, heading=text, paragraphs=texts, facts=pairs, lines=texts, steps=texts)
    return st.builds(
        Letter, subject=text, opening=texts, parts=st.lists(part, max_size=2).map(tuple), why=text, good=st.booleans()
    )
