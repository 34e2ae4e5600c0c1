"""What the clients of Key Vault and Table Storage have in common: identity, limits on time, and their failures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.identity.aio import DefaultAzureCredential

from lib.domain.errors import MicrosoftTrace, MicrosoftUnavailable, Owner

# For every client: a few quick retries instead of the SDK's ten slow ones, and limits for each try.
CLIENT_OPTIONS: dict[str, Any] = {
    "retry_total": 2,
    "retry_backoff_factor": 0.2,
    "retry_backoff_max": 2,
    "connection_timeout": 4,
    "read_timeout": 10,
    "logging_enable": False,
    # Otherwise every request reads .netrc and proxy settings, in a thread: a fifth of the time of a table read.
    "use_env_settings": False,
}
PATIENCE = 15.0  # seconds for one operation, retries included


def azure_credential(authority: str | None) -> DefaultAzureCredential:
    """Return azure-identity's chain: the managed identity in Azure, a service principal or `az login` elsewhere.

    Its own settings (AZURE_CLIENT_ID and so on) are read by azure-identity; the authority was validated by ours.
    """
    options: dict[str, Any] = {"authority": authority} if authority else {}
    return DefaultAzureCredential(exclude_interactive_browser_credential=True, **options)


@asynccontextmanager
async def failures_of(service: str) -> AsyncIterator[None]:
    """Translate what the SDK raises into our errors, and end an operation that takes too long.

    Exceptions that mean something to the caller (not found, exists, modified) have to be caught inside.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except TimeoutError as problem:
        raise _unusable(service, problem) from problem
    except ClientAuthenticationError as problem:
        raise _not_allowed(service, problem) from problem
    except HttpResponseError as problem:
        if problem.status_code in {401, 403}:
            raise _not_allowed(service, problem) from problem
        raise _unusable(service, problem) from problem
    except (AzureError, ValueError, TypeError, AttributeError) as problem:  # the latter: an answer of somebody else
        raise _unusable(service, problem) from problem


def _not_allowed(service: str, problem: HttpResponseError) -> MicrosoftUnavailable:
    return MicrosoftUnavailable(
        f"This deployment is not allowed to use its {service}.",
        remedy=f"Check the role assignments and the firewall of the {service} for the function app's managed identity; "
        "a new role takes some minutes to arrive.",
        owner=Owner.OPERATOR,
        trace=MicrosoftTrace(code=_code(problem)),
    )


def _unusable(service: str, problem: Exception) -> MicrosoftUnavailable:
    return MicrosoftUnavailable(
        f"This deployment's {service} cannot be used right now.",
        remedy=f"Try again in a minute. If it goes on, look at the {service} in the Azure portal and at its settings.",
        owner=Owner.OPERATOR,
        trace=MicrosoftTrace(code=_code(problem)),
    )


def _code(problem: Exception) -> str | None:
    code = getattr(getattr(problem, "error", None), "code", None) or getattr(problem, "error_code", None)
    text = str(getattr(code, "value", code)) if code else ""
    return text if text.isalnum() and len(text) <= 60 else None
