"""Figure 6: a secret scan of very many customers, against the time that Microsoft's answers take at the least."""

import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from tests.bench.counting_proxy import CountingProxy
from tests.bench.many_customers import due
from tests.bench.part import Part
from tests.bench.place import Place
from tests.bench.report import Result, progress, say, table, wrong
from tests.sandbox.mail.inbox import Inbox
from tests.sandbox.mail.smtp_server import SmtpServer

CUSTOMERS = 10_000
_FEW = 100  # the customers of the scan that memory is compared with
_LATENCY = 0.02  # seconds
_LISTED = 25  # secrets on a page of Key Vault
_THREADS = 8  # in which MSAL works
_PER_TOKEN = 2  # requests: the tenant's OpenID configuration, and the token
_SERVICES = {
    "entra": "Entra ID",
    "vault": "Key Vault",
    "graph": "Graph",
    "identity": "managed identity",
    "tables": "Table Storage",
    "mail": "e-mail (letters)",
}


@dataclass(frozen=True)
class _Scan:
    """One scan: what the process told of it, and how many requests it made."""

    told: dict[str, Any]
    made: dict[str, int]

    def check(self, customers: int, expected: int) -> None:
        """Hold the summary to what it has to be. Raises WrongAnswer."""
        summary = self.told["summary"]
        right = {"complete": True, "customers": customers, "credentials": customers, "could_not_check": 0}
        if any(summary[name] != value for name, value in (right | {"due": expected}).items()):
            wrong(f"A scan of {customers} customers, {expected} of them due, found {summary}")
        if expected and not summary["sent"]:
            wrong(f"Nothing was sent: {summary['problems']}")


@dataclass(frozen=True)
class _Run:
    """One process: its memory before it scanned, and its scans."""

    built: dict[str, float]
    scans: list[_Scan]


async def measure(customers: int) -> Result:
    """Scan a few customers, for comparison, then very many twice; each world has processes of its own."""
    few = await _run(_FEW, 1)
    many = await _run(customers, 2)
    _print_times(customers, many)
    _print_requests(customers, many)
    _print_memory(customers, few, many)
    ratio = many.scans[0].told["seconds"] / _floor(customers)
    return Result(f"secret scan of {customers:,} customers : floor", "none", f"{ratio:.2f}", met=None)


async def _run(customers: int, times: int) -> _Run:
    progress(f"figure 6: writing {customers:,} customers")
    latencies = dict.fromkeys(("entra", "vault", "graph", "identity"), _LATENCY)
    async with AsyncExitStack() as running:
        place = running.enter_context(Place(latencies, customers))
        async with Part(place.folder, "tests.bench.many_rows", place.environment(), str(customers)) as rows:
            await rows.read()
        inbox = Inbox()
        smtp = running.enter_context(SmtpServer(inbox, place.authority))
        # What is counted here is little of the time: a scan reads rows by the page, and writes for who is due.
        proxy = await running.enter_async_context(CountingProxy(place.azurite.endpoint, place.authority))
        settings = place.environment(
            TABLES_ENDPOINT=proxy.endpoint,
            EMAIL_URL=smtp.url(),
            EMAIL_SENDER="calendar@connector.example",
            ALERT_RECIPIENTS="operator@connector.example",
        )

        def counts() -> dict[str, int]:
            return place.microsoft.counts() | {"tables": proxy.count, "mail": len(inbox.mails)}

        scanner = await running.enter_async_context(Part(place.folder, "tests.bench.scanner", settings))
        built, scans = await scanner.read(), []
        for number in range(times):
            progress(f"figure 6: scan {number + 1} of {times} of {customers:,} customers")
            before = counts()
            told = await scanner.ask()
            after = counts()
            scan = _Scan(told, {service: after[service] - before[service] for service in _SERVICES})
            scan.check(customers, 0 if number else due(customers))
            scans.append(scan)
    return _Run(built, scans)


def _pages(customers: int) -> int:
    return -(-customers // _LISTED)


def _floor(customers: int) -> float:
    rounds = -(-customers // _THREADS)
    return (_pages(customers) + rounds * _PER_TOKEN) * _LATENCY


def _print_times(customers: int, many: _Run) -> None:
    floor = _floor(customers)

    def row(name: str, scan: _Scan) -> list[str]:
        told = scan.told
        used, seconds = told["processor"], told["seconds"]
        return [
            f"{name}, {told['summary']['due']} due",
            f"{seconds:.1f}",
            f"{floor:.1f}",
            f"{seconds / floor:.2f}",
            f"{used / customers * 1000:.2f}",
            f"{used / seconds * 100:.0f} %",
            f"{told['sending']:.1f}",
        ]

    table(
        f"6. Secret scan of {customers:,} customers, Microsoft takes {_LATENCY * 1000:.0f} ms per request",
        ("scan", "s", "floor s", "ratio", "processor ms per customer", "of one core", "of it sending, s"),
        [row(name, scan) for name, scan in zip(("first, new process", "second"), many.scans, strict=True)],
    )
    pages, cores = f"{_pages(customers):,}", os.cpu_count()
    say(
        f"  Floor: Microsoft's time alone, for {pages} pages of the vault's list one after the other, and for\n"
        f"  {_PER_TOKEN} requests per customer (MSAL asks for the tenant's OpenID configuration, then for the\n"
        f"  token) in {_THREADS} threads. The simulated Microsoft and Azurite compute on the same {cores} cores."
    )


def _print_requests(customers: int, many: _Run) -> None:
    first, second = (scan.made for scan in many.scans)
    table(
        f"   Requests made by scans of {customers:,} customers",
        ("to", "first scan", "per customer", "second scan", "per customer"),
        [
            [name, *(part for made in (first, second) for part in (f"{made[key]:,}", f"{made[key] / customers:.3f}"))]
            for key, name in _SERVICES.items()
        ],
    )


def _print_memory(customers: int, few: _Run, many: _Run) -> None:
    usual = few.scans[0].told["peak"]

    def row(when: str, told: dict[str, float], above: str = "") -> list[str]:
        return [when, f"{told['now']:.1f}", f"{told['peak']:.1f}", above]

    first, second = (scan.told for scan in many.scans)
    table(
        "   Memory of the scanning process",
        ("when", "in use MiB", "most so far MiB", f"above {_FEW} customers"),
        [
            row("services built", many.built),
            row(f"after a scan of {_FEW} (another process)", few.scans[0].told),
            row(f"after the first scan of {customers:,}", first, f"{first['peak'] - usual:+.1f}"),
            row("after the second", second, f"{second['peak'] - usual:+.1f}"),
        ],
    )
