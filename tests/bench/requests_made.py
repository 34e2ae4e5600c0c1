"""Figure 2: the requests that a warm get_schedule makes to Entra ID, Key Vault and Table Storage."""

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


async def measure(place: Place) -> Result:
    """Count over many calls; the customer was saved and tested before."""
    progress(f"figure 2: {_CALLS} warm calls, counted")
    async with CountingProxy(place.azurite.endpoint, place.authority) as proxy:
        with place.start_host(TABLES_ENDPOINT=proxy.endpoint) as host:
            async with Function(host.url) as ours:
                for _ in range(_WARM_UPS):
                    await ours.ask()
                before = place.microsoft.counts() | {"tables": proxy.count}
                for _ in range(_CALLS):
                    await ours.ask()
                after = place.microsoft.counts() | {"tables": proxy.count}
    made = {service: after[service] - before[service] for service in _AIMS}
    _print(made)
    met = all(made[service] == _AIMS[service] * _CALLS for service in ("entra", "vault", "tables"))
    shown = ", ".join(f"{made[service] / _CALLS:g}" for service in ("entra", "vault", "tables"))
    return Result("requests per warm call: Entra, vault, tables", "0, 0, 1", shown, met)


def _print(made: dict[str, int]) -> None:
    rows = [(_NAMES[name], str(count), f"{count / _CALLS:g}", str(_AIMS[name])) for name, count in made.items()]
    table(f"2. Requests made by {_CALLS} warm calls", ("to", "requests", "per call", "aim"), rows)
