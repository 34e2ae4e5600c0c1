"""What the letters say, in text and in HTML, and what must never stand in them."""

import re
import uuid
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser

import pytest

from tests.journeys.api import Company
from tests.journeys.expect import expect_refused, vault_values
from tests.journeys.scans import Office, all_rows, day, it_of, written
from tests.journeys.test_configuration import another_secret
from tests.sandbox.mail.inbox import ReceivedMail
from tests.sandbox.stack import OPERATOR, SENDER, SMTP_LOGIN

STEPS = ["App registrations", "Certificates & secrets", "New client secret", "Value", "Calendar Configuration", "Save"]


class _Words(HTMLParser):
    """Collects what a reader sees, and the addresses of links."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "background")]
        self._hidden += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words += data.split()


def read(letter: ReceivedMail) -> _Words:
    """Read the HTML of a letter."""
    parser = _Words()
    parser.feed(letter.html)
    return parser


def letter_about(office: Office, days: int | None) -> tuple[Company, ReceivedMail]:
    """Return the letter that a recipient gets about a secret with so many days left."""
    company = office.company(days)
    office.scan()
    return company, office.only_letter(company)


@pytest.mark.parametrize("days", [-1, 0, 1, 9, 60])
def test_the_subject_has_the_fact_and_the_date(office: Office, days: int):
    company, letter = letter_about(office, days)
    assert written(day(days)) in letter.subject
    assert company.customer in letter.subject
    assert ("expired" if days < 0 else "expires") in letter.subject
    assert letter.subject == letter.subject.strip()
    assert len(letter.subject) < 160


@pytest.mark.parametrize("days", [-1, 0, 9])
def test_text_and_html_say_the_same(office: Office, days: int):
    _, letter = letter_about(office, days)
    plain = re.sub(r"^(?:-{2,}|\d+\.|-)(?=\s|$)", "", letter.text, flags=re.MULTILINE)
    assert "".join(plain.split()) == "".join(read(letter).words)
    message = message_from_bytes(letter.raw, policy=default)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert all(len(line) <= 80 for line in letter.text.splitlines())


@pytest.mark.parametrize("days", [-1, 0, 9])
def test_the_steps_are_numbered_and_in_the_order_of_the_portal(office: Office, days: int):
    company, letter = letter_about(office, days)
    words = " ".join(letter.text.split())
    places = [words.index(step, words.index("1. ")) for step in STEPS]
    assert places == sorted(places)
    numbers = [int(found) for found in re.findall(r"^(\d+)\. ", letter.text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert "<ol" in letter.html
    assert "Secret ID" in words, "the usual mistake is named"
    assert "Test Calendar Configuration" in words
    assert company.application.app_id in words
    assert company.tenant.id in words or company.tenant.domains[0] in words


def test_the_letter_says_what_will_stop_working(office: Office):
    _, letter = letter_about(office, 9)
    words = " ".join(letter.text.split()).lower()
    assert "interview" in words
    assert "free" in words


def test_the_letter_says_why_they_get_it(office: Office):
    company, letter = letter_about(office, 9)
    assert "You get this letter because" in letter.text
    assert company.customer in letter.text.partition("You get this letter because")[2]
    operators = office.only_letter(OPERATOR)
    assert "operate" in operators.text.partition("You get this letter because")[2]


def test_the_headers_are_those_of_a_machine(office: Office):
    company, letter = letter_about(office, 9)
    assert letter.headers["Auto-Submitted"] == "auto-generated"
    assert SENDER in letter.headers["From"]
    assert letter.headers["To"] == it_of(company)
    assert letter.headers["Date"]
    assert re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", letter.headers["Message-ID"])
    others = {mail.message_id for mail in office.stack.inbox.mails}
    assert len(others) == len(office.stack.inbox.mails), "every letter has an id of its own"
    assert letter.sender == SENDER


def test_no_letter_has_a_ticket_a_picture_or_a_script(office: Office):
    office.company(9)
    office.company(None)
    refused = office.company(300)
    refused.application.secrets.clear()
    office.scan()
    for letter in office.stack.inbox.mails:
        page = read(letter)
        assert not {"script", "img", "form", "iframe", "link", "object", "base"} & set(page.tags)
        assert "url(" not in letter.html
        for link in [*page.links, *re.findall(r"https?://[^\s<>\"']+", letter.text)]:
            assert re.match(r"https://(entra\.microsoft\.com|portal\.azure\.com|aka\.ms|learn\.microsoft\.com)\b", link)
            assert office.stack.public_url not in link
        for body in (letter.text, letter.html):
            assert "/connect/" not in body
            assert "/setup/" not in body


def test_no_secret_is_in_any_letter_table_or_log(office: Office):
    secrets: list[str] = []
    for days in (-2, 0, 9, None, "never", 300):
        company = office.company(days)
        secrets.append(company.secret)
    refused = office.company(300)
    refused.application.secrets.clear()
    readable = office.company(None)
    readable.application.registered_roles.add("Application.Read.All")
    readable.application.granted_roles.add("Application.Read.All")
    waiting = office.company(9)
    secrets += [refused.secret, readable.secret, waiting.secret]
    waiting.secret = another_secret(waiting)
    office.save(waiting, 300)
    by_hand = another_secret(readable)
    secrets += [waiting.secret, by_hand, SMTP_LOGIN[1]]

    office.scan()
    office.timer("deliver_alerts")
    answers = [office.api.call("GET", "/secret-scan").text, office.api.read(readable).text]

    assert set(secrets[:-2]) <= set(vault_values(office.stack))
    letters = [part for mail in office.stack.inbox.mails for part in (mail.raw.decode(), mail.text, mail.html)]
    assert len(office.stack.inbox.mails) > 5
    places = {"letter": "\n".join(letters), "table": all_rows(office.stack), "log": office.stack.host.stderr_text()}
    places["answer"] = "\n".join(answers)
    for place, words in places.items():
        for secret in secrets:
            assert secret not in words, f"a secret is in a {place}"
            assert secret[:8] not in words.replace("=\n", ""), f"the beginning of a secret is in a {place}"


BAD_ADDRESSES = [
    "it@own.example\r\nBcc: victim@other.example",
    "it@own.example\nSubject: x",
    "it@own.example\r",
    "it@own.example\x00",
    "it@own.example, victim@other.example",
    "it@own.example; victim@other.example",
    "<it@own.example>",
    "It <it@own.example>",
    "it@own.example>\r\nRCPT TO:<victim@other.example",
    "it @own.example",
    "it@own.example\u2028Bcc: victim@other.example",
    "it@own.example\u0085Bcc: victim@other.example",
    "@own.example",
    "it@",
    "it",
    "",
    "it@@own.example",
    "a" * 400 + "@own.example",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_is_more_than_an_address_is_refused_when_saved(office: Office, address: str):
    company = office.company(300)
    document = company.document(applicationSecret=None, alertRecipients=[it_of(company), address])
    expect_refused(office.api.save(company, document), 400, "invalidRequest", "alertRecipients")
    assert office.api.read(company).json()["alertRecipients"] == [it_of(company)]


def test_an_address_with_unusual_letters_is_written_as_it_is(office: Office):
    address = "o'brien+alerts@own.example"
    office.company(9, alertRecipients=[address])
    office.scan()
    assert office.only_letter(address).headers["To"] == address


def test_an_application_with_a_strange_name_and_secret_does_no_harm(office: Office):
    company = office.company(None)
    application = company.application
    application.registered_roles.add("Application.Read.All")
    application.granted_roles.add("Application.Read.All")
    application.display_name = "<script>alert(1)</script>\r\nBcc: victim@other.example"
    application.secrets[0].display_name = f"</td><img src=x>\r\nX-Evil: 1 {uuid.uuid4().hex}"
    application.secrets[0].end = application.secrets[0].end.replace(
        year=day(9).year, month=day(9).month, day=day(9).day
    )

    office.scan()

    letter = office.only_letter(company)
    assert "<script" not in letter.html
    assert "<img" not in letter.html
    assert "X-Evil" not in letter.headers
    assert "Bcc" not in letter.headers
    assert letter.recipients == (it_of(company),)
