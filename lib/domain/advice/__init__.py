"""The dictionary of Microsoft's error codes: what happened, who can mend it, where to click, whether to try again.

    words.py             Topic, Advice, and the phrases that the texts share
    entra_credential.py  the client secret or certificate, or the application itself, is refused
    entra_federated.py   sign-in without a secret
    entra_tenant.py      tenant, cloud, redirect URI
    entra_consent.py     consent, assignment, Conditional Access
    entra_signin.py      one user's sign-in or grant
    entra_request.py     Entra ID is busy, or was asked wrongly
    graph.py             Graph refuses a whole request
    schedule.py          one address of a getSchedule answer
    unknown.py           what is said about codes that are in none of these

Microsoft warns that codes may change ("Microsoft Entra authentication and authorization error codes"), so they choose
the words that people read, and an unknown one degrades to what its kind says. Texts never hold a value from outside,
except the digits of an unknown code in the address to look it up.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from lib.domain.advice import (
    entra_consent,
    entra_credential,
    entra_federated,
    entra_request,
    entra_signin,
    entra_tenant,
    graph,
    schedule,
    unknown,
)
from lib.domain.advice.words import SUPPORT_IDS, Advice, Topic

__all__ = ["Advice", "Topic", "all_codes", "find_entra_codes", "for_entra", "for_graph", "for_schedule"]

_ENTRA_ENTRIES = (
    *entra_credential.CODES,
    *entra_federated.CODES,
    *entra_tenant.CODES,
    *entra_consent.CODES,
    *entra_signin.CODES,
    *entra_request.CODES,
)
_EXCHANGE_ENTRIES = (*graph.CODES, *schedule.CODES)

_ENTRA = {int(advice.code.removeprefix("AADSTS")): advice for advice in _ENTRA_ENTRIES}
_EXCHANGE = {advice.code.lower(): advice for advice in _EXCHANGE_ENTRIES}
_ALL = MappingProxyType({advice.code: advice for advice in (*_ENTRA_ENTRIES, *_EXCHANGE_ENTRIES)})

# Codes that only say "it failed" and stand beside one that says why.
_UMBRELLAS = frozenset({70002, 9002313})
_LARGEST = 999_999_999
_LOOK_UP = "Look the code up at https://login.microsoftonline.com/error?code="
_A_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_AN_ENTRA_CODE = re.compile(r"AADSTS([0-9]{4,9})(?![0-9])", re.ASCII)
_MOST_CODES, _MOST_TEXT = 5, 4000


def all_codes() -> Mapping[str, Advice]:
    """Return every entry of the dictionary by its code, in the order of the modules."""
    return _ALL


def for_entra(codes: Sequence[int], error: str | None = None, suberror: str | None = None) -> Advice:
    """Return what to say about an OAuth error of Entra ID. `codes` are the numbers in its `error_codes`.

    The most specific known code wins. Without one, the kind of refusal (`suberror`, then `error`) is told, and where
    to look the code up.
    """
    numbers = [code for code in codes if 0 < code <= _LARGEST]
    if known := [code for code in numbers if code in _ENTRA]:
        return _ENTRA[max(known, key=_specificity)]
    kind = unknown.SUBERRORS.get(suberror or "") or unknown.OAUTH_ERRORS.get(error or "") or unknown.ANY_ENTRA
    if not numbers:
        code = error if error and _A_CODE.fullmatch(error) else "unknown"
        return _of_kind(kind, code, "The answer has no number that would tell more.", SUPPORT_IDS)
    number = numbers[0]
    return _of_kind(kind, f"AADSTS{number}", _NOT_HERE, f"{_LOOK_UP}{number}. {SUPPORT_IDS}")


def for_graph(status: int, code: str | None) -> Advice:
    """Return what to say about a request that Graph refused whole: by its code, else by its status."""
    if known := _EXCHANGE.get((code or "").strip().lower()):
        return known
    kind = unknown.GRAPH_STATUSES.get(status) or (unknown.SERVER_ERROR if status >= 500 else unknown.ANY_GRAPH)
    keep = "Keep the request-id: Microsoft's support asks for it."
    if code and _A_CODE.fullmatch(code):
        return _of_kind(kind, code, _NOT_HERE, keep)
    return _of_kind(kind, f"HTTP {status}", "The answer has no code that would tell more.", keep)


def for_schedule(code: str | None) -> Advice:
    """Return what to say about one address of a getSchedule answer. `code` is its `responseCode`, number or name."""
    if known := _EXCHANGE.get((code or "").strip().lower()):
        return known
    if code and _A_CODE.fullmatch(code):
        return _of_kind(unknown.ANY_ADDRESS, code, _NOT_HERE, "")
    return _of_kind(unknown.ANY_ADDRESS, "unknown", "The answer has no code that would tell more.", "")


def find_entra_codes(text: str) -> list[int]:
    """Return the AADSTS numbers in an error_description, each once: at most five, from its first 4,000 characters.

    For redirects, which have no error_codes array. Anybody can make up the text, so nothing else of it is used.
    """
    found = (int(match[1]) for match in _AN_ENTRA_CODE.finditer(text[:_MOST_TEXT]))
    return list(dict.fromkeys(found))[:_MOST_CODES]


_NOT_HERE = "The answer has a code that we do not know, so this is all we can tell."


def _specificity(code: int) -> tuple[bool, int]:
    """Finer codes are made by adding digits (70021, 700213). The first of equals wins."""
    return code not in _UMBRELLAS, len(str(code))


def _of_kind(kind: unknown.Kind, code: str, what_is_missing: str, look_up: str) -> Advice:
    message = f"{kind.says} {what_is_missing}"
    return Advice(code, kind.topic, message, f"{kind.first} {look_up}".strip(), kind.owner, kind.retry)
