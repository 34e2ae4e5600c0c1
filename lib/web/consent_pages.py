"""The anonymous half of a consent: reading what a browser brings, sending it on, and showing how it ended."""

import re
import time
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import azure.functions as func

from lib import telemetry
from lib.domain.advice import find_entra_codes
from lib.domain.consent import (
    SIGN_IN_LIFE,
    Answer,
    AnswerNotUsable,
    Ending,
    Finish,
    LinkNotUsable,
    Start,
    cookie_part,
)
from lib.domain.errors import CalendarError
from lib.domain.fields import origin_of
from lib.setting_values import REDIRECT_PATH
from lib.web import ending_pages, pages
from lib.web.edge import Call, Work, note_bug, note_outage

# Not __Host-: the Functions worker sends an empty Domain along, which that prefix forbids (issue 1902 of
# azure-functions-python-worker). SameSite=None, since Microsoft's answer comes as a POST from its own site (form_post).
_COOKIE = "__Secure-calendar-consent-"
_LONGEST_ANSWER = 16 * 1024  # bytes; an authorization code is some 2 KiB


async def serve(req: func.HttpRequest, name: str, route: str, work: Work) -> func.HttpResponse:
    """Do the work of a page: whatever goes wrong is a page too, and one line in the log."""
    call, began = Call(req), time.perf_counter()
    telemetry.begin(name, call.request_id)
    try:
        answer = await work(call)
    except (LinkNotUsable, AnswerNotUsable) as problem:
        call.log["error"] = type(problem).__name__
        answer = pages.page(ending_pages.NOT_USABLE, 400)
    except CalendarError as problem:
        call.log["error"] = problem.code
        note_outage(call, problem)
        answer = pages.page(ending_pages.OUR_FAULT, 400, note=f"Number: {call.request_id}")
    except Exception as problem:  # noqa: BLE001, RUF100  the last resort of this trigger
        note_bug(call, problem)
        answer = pages.page(ending_pages.OUR_FAULT, 500, note=f"Number: {call.request_id}")
    line = {"function": name, "route": route, "status": answer.status_code, "requestId": call.request_id}
    line["ms"] = round((time.perf_counter() - began) * 1000, 1)
    telemetry.write("request", line | call.log, problem=answer.status_code >= 500)
    return answer


def send_to_microsoft(start: Start, *, again: bool = False) -> func.HttpResponse:
    """Return the redirect to Microsoft with the cookie that binds this browser.

    `again`: it answers a form_post, which must not be posted on to Microsoft (303, RFC 9110 section 15.4.4).
    """
    cookie = _cookie(start.name_part, start.binder, int(SIGN_IN_LIFE.total_seconds()))
    headers = {"Location": start.location, "Set-Cookie": cookie, "Cache-Control": "no-store"}
    return func.HttpResponse(status_code=303 if again else 302, headers=headers | {"Referrer-Policy": "no-referrer"})


def _cookie(name_part: str, value: str, seconds: int) -> str:
    return f"{_COOKIE}{name_part}={value}; Path={REDIRECT_PATH}; Secure; HttpOnly; SameSite=None; Max-Age={seconds}"


def read_answer(call: Call) -> dict[str, str]:
    """Return the parameters of Microsoft's answer. Raises AnswerNotUsable for one that is no answer of Microsoft's."""
    req = call.request
    if req.method.upper() == "POST":
        body = req.get_body() or b""
        if len(body) > _LONGEST_ANSWER:
            raise AnswerNotUsable
        try:
            pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20)
        except ValueError:
            raise AnswerNotUsable from None
    else:
        pairs = list(req.params.items())
    answer = dict(pairs)
    if len(answer) != len(pairs):
        raise AnswerNotUsable  # a parameter given twice is read differently by different programs
    if "code" in answer and req.method.upper() != "POST":
        raise AnswerNotUsable  # authorization codes come by form_post only, so that no URL or log holds one
    return answer


def binders(call: Call, state: str) -> frozenset[str]:
    """Return the values of this state's cookie. A browser may hold several under one name; one has to fit."""
    name = _COOKIE + cookie_part(state)
    found = re.findall(rf"(?:^|[;,]\s*){re.escape(name)}=([A-Za-z0-9_-]{{43}})(?=\s*(?:[;,]|$))", _cookies(call))
    return frozenset(found[:5])


def _cookies(call: Call) -> str:
    return str(call.request.headers.get("cookie", ""))[:16_384]


def answer_of(parameters: dict[str, str]) -> Answer:
    """Return what Microsoft said. Its texts are only searched for Microsoft's numbers."""
    error = parameters.get("error")
    return Answer(
        error=error[:100] if error is not None else None,
        error_codes=tuple(find_entra_codes(parameters.get("error_description", ""))),
        consented=parameters.get("admin_consent", "").lower() == "true",
        tenant=parameters.get("tenant"),
        code=parameters.get("code") or None,
    )


def show_end(finish: Finish, state: str, origins: Sequence[str]) -> func.HttpResponse:
    """Return the browser to where it came from, or show how it ended; its cookie for this state has done its work.

    `origins` are those that a browser may return to now: the link may be days old.
    """
    over = {"Set-Cookie": _cookie(cookie_part(state), "", 0)}
    if finish.return_url is None or origin_of(urlsplit(finish.return_url)) not in origins:
        page = ending_pages.ending_page(finish)
        page.headers.update(over)
        return page
    connected = finish.ending is Ending.CONNECTED
    result = {"calendar": "connected"} if connected else {"calendar": "failed", "code": str(finish.ending)}
    headers = {"Location": with_query(finish.return_url, result), "Cache-Control": "no-store"}
    return func.HttpResponse(status_code=303, headers=headers | {"Referrer-Policy": "no-referrer"} | over)


def with_query(url: str, parameters: dict[str, str]) -> str:
    """Return the URL with parameters added to its query; one of our own name that was there gives way."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair.partition("=")[0] != "calendar"]
    query = "&".join(filter(None, (*kept, urlencode(parameters))))
    return urlunsplit(parts._replace(query=query))
