"""The requests session that MSAL works with: time-outs, few retries, no redirects, no cookies.

Imported when the first token is asked for, so that a start does not wait for it.
"""

from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError
from urllib3.util import Retry

_TIMEOUT = (3.05, 6.0)  # seconds to connect, seconds between two bytes

# Asking for an app-only token twice does no harm, so a broken connection or a passing fault is tried again. 429 is
# not: Entra ID says how long to wait, and that is longer than a caller would.
_RETRY = Retry(
    total=2,
    backoff_factor=0.3,
    status_forcelist=(500, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
    respect_retry_after_header=False,
)


class Busy(requests.RequestException):
    """Entra ID answered 429. MSAL would keep to itself how long to wait."""

    def __init__(self, retry_after: str | None) -> None:
        super().__init__("429")
        self.retry_after = retry_after


class MsalSession(requests.Session):
    """A session that is safe to share between threads and customers. REQUESTS_CA_BUNDLE is honoured.

    Every request goes to `origin`, the sign-in host of the settings, whatever host an OpenID configuration names: MSAL
    would send secrets there. Without `repeat_posts` a POST is sent once, whatever happens.
    """

    def __init__(self, origin: str, *, repeat_posts: bool = True) -> None:
        super().__init__()
        self._origin = origin
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        retry = _RETRY if repeat_posts else _RETRY.new(allowed_methods={"GET"})
        self.mount("https://", HTTPAdapter(max_retries=retry, pool_maxsize=8))
        self.mount("http://", HTTPAdapter(max_retries=0))

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request as `requests` does, with our time-outs, without following redirects. Raises Busy for 429."""
        text = url.decode() if isinstance(url, bytes) else url
        url = self._origin + urlunsplit(urlsplit(text)._replace(scheme="", netloc=""))
        kwargs["timeout"] = kwargs.get("timeout") or _TIMEOUT
        kwargs["allow_redirects"] = False
        answer = super().request(method, url, *args, **kwargs)
        if answer.status_code == 429:
            raise Busy(answer.headers.get("Retry-After"))
        return answer


def timed_out(problem: requests.RequestException) -> bool:
    """Return whether a request failed because nobody answered in time; after retries that hides inside."""
    inner = getattr(problem.args[0], "reason", None) if problem.args else None
    if isinstance(inner, NewConnectionError):  # refused, or an unknown host; a kind of time-out to urllib3
        return False
    return isinstance(problem, requests.Timeout) or isinstance(inner, (ReadTimeoutError, ConnectTimeoutError))
