"""Check: with the private network, what is closed to the Internet can be reached from the app, by its usual name."""

from collections.abc import Iterator
from typing import Any

from tests.infra.paper.cases import deployments, once
from tests.infra.paper.values import Deployment, Resource
from tests.infra.project import Project

# learn.microsoft.com/azure/private-link/private-endpoint-dns
ZONES = {
    "blob": "privatelink.blob.core.windows.net",
    "table": "privatelink.table.core.windows.net",
    "vault": "privatelink.vaultcore.azure.net",
}
# learn.microsoft.com/azure/azure-functions/flex-consumption-plan: what its subnet is delegated to
DELEGATION = "Microsoft.App/environments"


def check(project: Project) -> list[str]:
    """Return what would be cut off, or be open although the network is private."""
    return once((case, told) for case, made in deployments(project).items() for told in _made(made))


def _made(made: Deployment) -> Iterator[str]:
    closable = [*made.of("Microsoft.Storage/storageAccounts"), *made.of("Microsoft.KeyVault/vaults")]
    networks = made.of("Microsoft.Network/virtualNetworks")
    for resource in closable:
        closed = resource.properties.get("publicNetworkAccess") == "Disabled"
        default = resource.properties.get("networkAcls", {}).get("defaultAction")
        if closed != bool(networks) or default != ("Deny" if networks else "Allow"):
            yield f"{resource.place}: with a private network it is closed, without one open; this is neither."
        if networks:
            yield from _reached(made, resource)
    for app in made.of("Microsoft.Web/sites"):
        yield from _outwards(app, networks)


def _reached(made: Deployment, resource: Resource) -> Iterator[str]:
    connections = [
        (endpoint, connection.get("properties", {}))
        for endpoint in made.of("Microsoft.Network/privateEndpoints")
        for connection in endpoint.properties.get("privateLinkServiceConnections", [])
        if connection.get("properties", {}).get("privateLinkServiceId") == resource.id
    ]
    if not connections:
        yield f"{resource.place}: {resource.name} is closed and has no private endpoint."
    for endpoint, connection in connections:
        part = "".join(connection.get("groupIds", []))
        wanted = {"vault"} if resource.type.startswith("Microsoft.KeyVault") else {"blob", "table"}
        if part not in wanted:
            yield f"{endpoint.place}: a {resource.type} has no part {part!r}."
        elif ZONES[part] not in _zones(made, endpoint):
            yield f"{endpoint.place}: the endpoint for {part} is not in the zone {ZONES[part]}, linked to the network."


def _zones(made: Deployment, endpoint: Resource) -> set[str]:
    """Return the zones of an endpoint that are linked to a network."""
    groups = made.of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups")
    linked = {
        link.parent.id for link in made.of("Microsoft.Network/privateDnsZones/virtualNetworkLinks") if link.parent
    }
    return {
        str(config.get("properties", {}).get("privateDnsZoneId")).rpartition("/")[2]
        for group in groups
        if group.parent is endpoint
        for config in group.properties.get("privateDnsZoneConfigs", [])
        if str(config.get("properties", {}).get("privateDnsZoneId")) in linked
    }


def _outwards(app: Resource, networks: list[Resource]) -> Iterator[str]:
    subnet = app.properties.get("virtualNetworkSubnetId")
    ids: dict[str, Any] = {
        f"{network.id}/subnets/{one.get('name')}": one.get("properties", {})
        for network in networks
        for one in network.properties.get("subnets", [])
    }
    if bool(subnet) != bool(networks):
        yield f"{app.place}: the app is in a subnet if, and only if, there is a network."
    elif subnet:
        delegations = ids.get(subnet, {}).get("delegations", [])
        if subnet not in ids:
            yield f"{app.place}: there is no subnet {subnet}."
        elif [one.get("properties", {}).get("serviceName") for one in delegations] != [DELEGATION]:
            yield f"{app.place}: the app's subnet is not delegated to {DELEGATION}."
