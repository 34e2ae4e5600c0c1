"""The four Microsoft clouds: where people sign in, where Graph answers, where administrators click.

Each cloud has its own registrations, tokens and consents; nothing crosses from one to another.
Source: Microsoft Learn, "National cloud deployments" (Graph) and "National clouds" (Entra ID).
"""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Cloud:
    """One Microsoft cloud. URLs are origins without a trailing slash."""

    name: str
    entra_url: str
    graph_url: str
    portal_url: str
    sign_in_hosts: frozenset[str]

    @property
    def graph_scope(self) -> str:
        """The scope that stands for every permission granted on Graph in this cloud."""
        return f"{self.graph_url}/.default"

    def with_hosts(self, *, entra_url: str | None, graph_url: str | None) -> "Cloud":
        """Return this cloud reached at other hosts (a cloud not listed, or a test double)."""
        hosts = self.sign_in_hosts | ({urlsplit(entra_url).netloc.lower()} if entra_url else set())
        return Cloud(self.name, entra_url or self.entra_url, graph_url or self.graph_url, self.portal_url, hosts)


def _cloud(name: str, entra: str, graph: str, portal: str, *other_sign_in_hosts: str) -> Cloud:
    hosts = frozenset({entra, *other_sign_in_hosts})
    return Cloud(name, f"https://{entra}", f"https://{graph}", f"https://{portal}", hosts)


CLOUDS = {
    cloud.name: cloud
    for cloud in (
        _cloud(
            "global", "login.microsoftonline.com", "graph.microsoft.com", "entra.microsoft.com", "login.microsoft.com"
        ),
        _cloud("usgov", "login.microsoftonline.us", "graph.microsoft.us", "entra.microsoft.us"),
        _cloud("usgovdod", "login.microsoftonline.us", "dod-graph.microsoft.us", "entra.microsoft.us"),
        _cloud(
            "china",
            "login.partner.microsoftonline.cn",
            "microsoftgraph.chinacloudapi.cn",
            "portal.azure.cn",
            "login.chinacloudapi.cn",
        ),
    )
}
