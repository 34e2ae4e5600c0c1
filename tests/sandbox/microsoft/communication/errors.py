"""The errors of Communication Services (facts 9.1). Their code is in the header x-ms-error-code too."""

from collections.abc import Mapping


class MailError(Exception):
    """An error of the service."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {"x-ms-error-code": code, **(headers or {})}
        self.body = {"error": {"code": code, "message": message}}


def bad_request(message: str) -> MailError:
    """Return the 400 of a request that is wrong as such."""
    return MailError(400, "BadRequest", message)


def bad_property(name: str) -> MailError:
    """Return the 400 of a body with something wrong in it."""
    return bad_request(f"Request body validation error. See property '{name}'")


def denied() -> MailError:
    """Return the 401 of a missing or wrong token, and of one without a role on the resource."""
    return MailError(401, "Denied", "Denied by the resource provider.")


def not_found() -> MailError:
    """Return the 404 of an address or an operation that is not there."""
    return MailError(404, "NotFound", "The requested resource was not found.")
