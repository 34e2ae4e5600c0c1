"""`GET /openapi.json`: the OpenAPI 3.1 description of all HTTP functions.

    document.py       puts it together from the functions that are registered
    operations_*.py   each operation in words, with what it answers
    schemas*.py       the JSON of requests and answers; words.py what they choose from; patterns.py how values look
    components.py     parameters, headers and the function key
    examples.py       requests and answers, written by the functions that write answers
    errors.py         errors, raised by the code that raises them
    parts.py          what all of it is made of

Whatever the code knows is taken from it: routes, choices, limits, texts. The rest is held true by the tests: every
answer that a journey gets is compared with the description (tests/journeys/conforming.py).
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import azure.functions as func

from lib.settings import Settings
from lib.web import edge
from lib.web.edge import Work
from lib.web.routes import Function

_MINUTES = 5


@dataclass
class Description:
    """The description of a function app, written when it is asked for first."""

    functions: Sequence[Function]
    settings: Settings
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _text: bytes = field(default=b"", init=False)

    async def text(self) -> bytes:
        """Return it as JSON in UTF-8. Strangers may ask: it is written once, in a thread, however many ask at once."""
        async with self._lock:
            if not self._text:
                self._text = await asyncio.to_thread(_write, self.functions, self.settings)
        return self._text


def _write(functions: Sequence[Function], settings: Settings) -> bytes:
    from lib.web.openapi.document import describe  # not at start: its texts and examples take 20 ms

    document = asyncio.run(describe(functions, settings))
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


async def serve(req: func.HttpRequest, name: str, route: str, work: Work) -> func.HttpResponse:
    """Do the work as for any function, and let the caller keep the answer for some minutes.

    It changes only with a deployment, and holds nothing of any customer. `private`, since the answer repeats the
    caller's own `client-request-id`, which no shared cache may hand to others (RFC 9111, section 5.2.2.7).
    """
    answer = await edge.respond(req, name, route, work)
    if answer.status_code == 200:
        answer.headers["Cache-Control"] = f"private, max-age={_MINUTES * 60}"
    return answer
