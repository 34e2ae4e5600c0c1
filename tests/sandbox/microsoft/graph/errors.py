"""Graph's errors (facts 2.3)."""

from collections.abc import Mapping
from datetime import UTC, datetime


class GraphError(Exception):
    """An error of a whole request."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def bad_request(message: str) -> GraphError:
    """Return a 400 without a code of its own."""
    return GraphError(400, "BadRequest", message)


def access_denied() -> GraphError:
    """Return Exchange's 403 for a missing permission or a mailbox out of scope (facts 1.5, 7.3)."""
    return GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def insufficient_privileges() -> GraphError:
    """Return the directory's 403 (facts 2.4)."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def not_in_directory(name: str) -> GraphError:
    """Return the directory's 404 (facts 1.5)."""
    text = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, "Request_ResourceNotFound", text)


def error_body(problem: GraphError, now: datetime, request_id: str, client_request_id: str) -> dict[str, object]:
    """Return the body of an error."""
    return {
        "error": {
            "code": problem.code,
            "message": problem.message,
            "innerError": {
                "date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
                "request-id": request_id,
                "client-request-id": client_request_id,
            },
        }
    }
