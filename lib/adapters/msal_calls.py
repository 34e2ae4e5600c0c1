"""Calling MSAL: making its application object, and one kind of failure of its many (read and measured in 1.39).

MSAL has no time-outs of its own, so its session has (`msal_session`). Both msal and requests take a while to import,
so that happens inside the functions, when the first token is asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lib.adapters.http import retry_after, unreachable
from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.ports import Credential

if TYPE_CHECKING:
    import requests
    from msal import ConfidentialClientApplication

_PAUSE = 10.0  # seconds to wait when Entra ID is busy without saying how long


class UnknownTenant(Exception):
    """MSAL could not read the tenant's OpenID configuration; it does not tell why."""


def new_application(
    entra_url: str, credential: Credential, secret: str | None, session: "requests.Session", **more: Any
) -> "ConfidentialClientApplication":
    """Return MSAL's object; its constructor asks for the tenant's OpenID configuration. Raises UnknownTenant."""
    import msal

    try:
        return msal.ConfidentialClientApplication(
            credential.application_id,
            client_credential=secret,
            authority=f"{entra_url}/{credential.tenant}",
            instance_discovery=False,  # the sign-in host comes from our settings, never from outside
            http_client=session,
            **more,
        )
    except ValueError:  # MSAL's word for a tenant that is not known, and for whatever it could not read
        raise UnknownTenant from None


@contextmanager
def failures_of_msal() -> Iterator[None]:
    """Translate what MSAL raises. Raises Throttled, MicrosoftTimeout, MicrosoftUnavailable, UnknownTenant."""
    import requests
    from msal.exceptions import MsalError

    from lib.adapters.msal_session import Busy, timed_out

    try:
        yield
    except Busy as busy:
        raise Throttled(retry_after(busy.retry_after, datetime.now(UTC)) or _PAUSE) from None
    except requests.RequestException as problem:
        raise (MicrosoftTimeout() if timed_out(problem) else unreachable()) from None
    except (MsalError, ValueError, LookupError, ArithmeticError, RuntimeError, TypeError, AttributeError):
        # The last six: an answer that is no JSON, or of another shape than MSAL expects.
        raise unreachable() from None
