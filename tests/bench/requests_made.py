"""Figure 2: the requests that a warm get_schedule makes to Entra ID, Key Vault and Table Storage."""

from tests.bench import world
from tests.bench.callers import Function
from tests.bench.counting_proxy import CountingProxy
from tests.bench.place import Place
from tests.bench.report import Result, progress, table

_CALLS = 50
_WARM_UPS = 3
_AIMS = {"entra": 0, "vault": 0, "tables": 1, "identity": 0, "graph": 1}
_NAMES = {
    "entra": "Entra ID",
    "vault": "Key Vault",
    "tables": "Table Storage",
    "identity": "managed identity",
    "graph": "Graph",
}


async def measure(place: Place) -> list[Result]:
    """Count over many calls, as the application and as a user; both customers were saved and tested before."""
    progress(f"figure 2: {_CALLS} warm calls, counted")
    results = []
    async with CountingProxy(place.azurite.endpoint, place.authority) as proxy:
        with place.start_host(TABLES_ENDPOINT=proxy.endpoint) as host:
            for who, customer in (("", world.CUSTOMER), (", as a user", world.USERS_CUSTOMER)):
                async with Function(host.url, customer) as ours:
                    results.append(_result(who, await _count(place, proxy, ours)))
    return results


async def _count(place: Place, proxy: CountingProxy, ours: Function) -> dict[str, int]:
    for _ in range(_WARM_UPS):
        await ours.ask()
    before = place.microsoft.counts() | {"tables": proxy.count}
    for _ in range(_CALLS):
        await ours.ask()
    after = place.microsoft.counts() | {"tables": proxy.count}
    return {service: after[service] - before[service] for service in _AIMS}


def _result(who: str, made: dict[str, int]) -> Result:
    rows = [(_NAMES[name], str(count), f"{count / _CALLS:g}", str(_AIMS[name])) for name, count in made.items()]
    table(f"2. Requests made by {_CALLS} warm calls{who}", ("to", "requests", "per call", "aim"), rows)
    met = all(made[service] == _AIMS[service] * _CALLS for service in ("entra", "vault", "tables"))
    shown = ", ".join(f"{made[service] / _CALLS:g}" for service in ("entra", "vault", "tables"))
    return Result(f"requests per warm call{who}: Entra, vault, tables", "0, 0, 1", shown, met)
