"""The pages of `make run` that show the mails that were sent."""

from html import escape

from aiohttp import web

from tests.sandbox.mail.inbox import Inbox, ReceivedMail
from tests.sandbox.page_parts import page


class InboxPages:
    """The list at /inbox, and each mail at /inbox/{its number in the order of arrival}."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the pages."""
        router.add_get("/inbox", self._list)
        router.add_get("/inbox/{number:[0-9]{1,9}}", self._one)

    def link(self) -> str:
        """Return a link to the list that says how many there are."""
        return f'<a href="/inbox">Inbox ({len(self._inbox.mails)})</a>'

    async def _list(self, _: web.Request) -> web.Response:
        mails = reversed(list(enumerate(self._inbox.mails, 1)))
        rows = "".join(_row(number, mail) for number, mail in mails)
        table = f"<table><tr><th>When (UTC)</th><th>To</th><th>Subject</th></tr>{rows}</table>"
        return page("Inbox", (table if rows else "<p>Nothing was sent yet.</p>") + '<p><a href="/">Back</a></p>')

    async def _one(self, request: web.Request) -> web.Response:
        number, mails = int(request.match_info["number"]), self._inbox.mails
        if not 1 <= number <= len(mails):
            raise web.HTTPNotFound
        mail = mails[number - 1]
        return page(mail.subject or "(no subject)", _content(mail) + '<p><a href="/inbox">Inbox</a></p>')


def _row(number: int, mail: ReceivedMail) -> str:
    subject = escape(mail.subject) or "(no subject)"
    return (
        f"<tr><td>{mail.received_at:%d %b %H:%M:%S}</td><td>{escape(', '.join(mail.recipients))}</td>"
        f'<td><a href="/inbox/{number}">{subject}</a></td></tr>'
    )


def _content(mail: ReceivedMail) -> str:
    """Return a mail. Its HTML is shown as a mail program does: in a frame that runs no scripts and reaches no page."""
    about = {"Came by": mail.via, "Envelope from": mail.sender, "Envelope to": ", ".join(mail.recipients)}
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td><code>{escape(value)}</code></td></tr>"
        for name, value in [*about.items(), *mail.headers.items()]
    )
    html = f'<iframe sandbox title="HTML part" srcdoc="{escape(mail.html)}"></iframe>' if mail.html else "<p>None</p>"
    text = f"<pre class='json'>{escape(mail.text)}</pre>" if mail.text else "<p>None</p>"
    return f"<h2>HTML</h2>{html}<h2>Text</h2>{text}<h2>Headers</h2><table>{rows}</table>"
