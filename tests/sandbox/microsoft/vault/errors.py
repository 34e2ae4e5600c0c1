"""The vault's errors (facts 12.1)."""

from collections.abc import Mapping


class VaultError(Exception):
    """An error of the vault."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        inner: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        error: dict[str, object] = {"code": code, "message": message}
        if inner is not None:
            error["innererror"] = {"code": inner}
        self.body = {"error": error}


def bad_parameter(message: str) -> VaultError:
    """Return the 400 of a wrong parameter."""
    return VaultError(400, "BadParameter", message)


def not_found(name: str) -> VaultError:
    """Return the 404 of a secret that is not there."""
    text = (
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may "
        "be able to recover it using the correct recovery command. For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125182"
    )
    return VaultError(404, "SecretNotFound", text)
