"""The `scope` parameter of user sign-ins: what it asks for, and in which spelling it is answered (facts 3.2, 3.3)."""

from collections.abc import Set
from dataclasses import dataclass

from tests.sandbox.microsoft.entra.errors import EntraError
from tests.sandbox.microsoft.tokens import GRAPH_APP_ID
from tests.sandbox.world.applications import ADMIN_SCOPES, Application

FREE_SCOPES = {"openid", "profile", "email", "offline_access"}
"""Scopes of the sign-in itself, which nobody has to be asked for."""

_DEFAULT = ".default"
_GRAPHS = ADMIN_SCOPES | {
    *("Calendars.Read", "Calendars.Read.Shared", "Calendars.ReadBasic", "Calendars.ReadWrite"),
    *("Mail.Read", "Mail.Send", "MailboxSettings.Read", "User.Read", "User.ReadBasic.All", "User.ReadWrite"),
}
_SPELLINGS = {name.lower(): name for name in _GRAPHS}


@dataclass(frozen=True)
class Scopes:
    """What is asked for: the free ones, and Graph's by their short names or all that is registered (`default`).

    `resource` is Graph as it was spelt before the names, "" where short names alone were sent.
    """

    free: frozenset[str]
    names: frozenset[str]
    default: bool
    resource: str

    def wanted(self, application: Application) -> set[str]:
        """Return the scopes that a consent page for this request shows."""
        return set(application.registered_scopes) if self.default else set(self.names)

    def missing(self, application: Application, user_id: str) -> set[str]:
        """Return the scopes that still need consent. `.default` is content with any consent that was given."""
        granted = application.scopes(user_id)
        return set() if self.default and granted else self.wanted(application) - granted

    def answered(self, granted: Set[str]) -> str:
        """Return the `scope` of the answer: all that is granted, in the spelling of the request."""
        prefix = f"{self.resource}/" if self.resource else ""
        free = [name for name in ("openid", "profile", "email") if name in self.free]
        graphs = sorted(granted) + ([_DEFAULT] if self.default else [])
        return " ".join([*free, *(prefix + name for name in graphs)])

    def in_token(self, granted: Set[str]) -> str:
        """Return the `scp` claim: all that is granted, in short names."""
        return " ".join(sorted(granted) + sorted(self.free - {"offline_access"}))

    def audience(self, graph_url: str) -> str:
        """Return the audience of access tokens: Graph's address if it was named by it, else its application id."""
        return graph_url if self.resource == graph_url else GRAPH_APP_ID


def read_scopes(text: str, graph_audiences: Set[str], application: Application, tenant_name: str) -> Scopes:
    """Return what a `scope` parameter asks for.

    Raises EntraError: nothing asked for, another resource, a scope that Graph does not have, `.default` beside names.
    """
    if not text.split():
        raise EntraError(900144, parameter="scope")
    free, names, resources = set(), set(), {""}
    for scope in text.split():
        resource, _, name = scope.rpartition("/")
        resource = resource.rstrip("/")
        if not resource and name in FREE_SCOPES:
            free.add(name)
            continue
        if resource and resource not in graph_audiences:
            raise EntraError(500011, resource=resource, name=tenant_name)
        if name != _DEFAULT and name.lower() not in _SPELLINGS:
            raise EntraError(650053, app_name=application.display_name, scope=name)
        resources.add(resource)
        names.add(_SPELLINGS.get(name.lower(), name))
    if _DEFAULT in names and len(names) > 1:
        raise EntraError(70011, scope=text)
    return Scopes(frozenset(free), frozenset(names - {_DEFAULT}), _DEFAULT in names, max(resources))
