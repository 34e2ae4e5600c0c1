"""Function keys: who may call a function of which level."""

import hmac
from collections.abc import Mapping, Sequence

FUNCTION_KEY = "sandbox"
MASTER_KEY = "sandbox-master"
KEY_HEADER = "x-functions-key"

_ACCEPTED: Mapping[str, Sequence[str]] = {"function": (FUNCTION_KEY, MASTER_KEY), "admin": (MASTER_KEY,)}
LEVELS = ("anonymous", *_ACCEPTED)


def may_call(level: str, header: str | None, code: str | None) -> bool:
    """Say whether the key in the header, or without that header the one in ``?code=``, is good for the level."""
    if level == "anonymous":
        return True
    key = (code if header is None else header) or ""
    matches = [hmac.compare_digest(key.encode(errors="replace"), accepted.encode()) for accepted in _ACCEPTED[level]]
    return any(matches)
