"""What the app declares: HTTP and timer functions, checked as Azure's host checks them."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.sandbox.host.configuration import HostConfiguration
from tests.sandbox.host.errors import HostError
from tests.sandbox.host.keys import LEVELS
from tests.sandbox.host.routing import Template, parse_template
from tests.sandbox.host.schedule import Schedule, parse_schedule

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,127}")
_RESERVED_ROUTES = ("admin", "runtime")  # the host's own paths
_SETTING = re.compile(r"%([^%]+)%")


@dataclass(frozen=True)
class HttpFunction:
    """A function behind a route; `methods` is None when every method is accepted."""

    name: str
    function_id: str
    argument: str
    methods: frozenset[str] | None
    level: str
    template: Template

    def accepts(self, method: str) -> bool:
        """Say whether the function answers this method."""
        return self.methods is None or method in self.methods


@dataclass(frozen=True)
class TimerFunction:
    """A function that runs on a schedule."""

    name: str
    function_id: str
    argument: str
    schedule: Schedule
    run_on_startup: bool


@dataclass(frozen=True)
class FunctionApp:
    """All functions of the app; HTTP functions with the more literal route first."""

    http: Sequence[HttpFunction]
    timers: Mapping[str, TimerFunction]  # by lower-case name


def read_functions(
    metadata: Iterable[Any], configuration: HostConfiguration, settings: Mapping[str, str]
) -> FunctionApp:
    """Turn the worker's metadata into functions; raises HostError with a sentence about what Azure would refuse."""
    http: list[HttpFunction] = []
    timers: dict[str, TimerFunction] = {}
    names: set[str] = set()
    for function in metadata:
        _check_name(function.name, names)
        trigger = _trigger(function)
        if settings.get(f"AzureWebJobs.{function.name}.Disabled", "").lower() in ("1", "true"):
            continue
        if trigger["type"].lower() == "httptrigger":
            http.append(_http_function(function, trigger, configuration))
        else:
            timers[function.name.lower()] = _timer_function(function, trigger, settings)
    _check_routes(http)
    return FunctionApp(sorted(http, key=lambda function: function.template.precedence), timers)


def _check_name(name: str, names: set[str]) -> None:
    if not _NAME.fullmatch(name):
        raise HostError(f"{name!r} is not a valid function name.")
    if name.lower() in names:
        raise HostError(f"There are two functions named {name!r} (letter case does not count).")
    names.add(name.lower())


def _trigger(function: Any) -> dict[str, Any]:
    bindings = [json.loads(text) for text in function.raw_bindings]
    triggers = [binding for binding in bindings if binding["type"].lower() in ("httptrigger", "timertrigger")]
    if len(triggers) != 1:
        raise HostError(f"The function {function.name!r} needs one HTTP or timer trigger; this host knows no other.")
    return triggers[0]


def _http_function(function: Any, trigger: Mapping[str, Any], configuration: HostConfiguration) -> HttpFunction:
    level = trigger.get("authLevel", "function").lower()
    if level not in LEVELS:
        raise HostError(f"The function {function.name!r} has the unknown key level {level!r}.")
    route = trigger.get("route") or function.name
    template = parse_template(route, configuration.route_prefix)
    if route.strip("/").partition("/")[0].lower() in _RESERVED_ROUTES:
        raise HostError(f"The route {route!r} of {function.name!r} conflicts with the host's own routes.")
    methods = trigger.get("methods")
    return HttpFunction(
        name=function.name,
        function_id=function.function_id,
        argument=trigger["name"],
        methods=None if methods is None else frozenset(method.upper() for method in methods),
        level=level,
        template=template,
    )


def _timer_function(function: Any, trigger: Mapping[str, Any], settings: Mapping[str, str]) -> TimerFunction:
    declared = trigger["schedule"]
    expression = _SETTING.sub(lambda found: _setting(found[1], function.name, settings), declared)
    try:
        schedule = parse_schedule(expression)
    except ValueError as error:
        source = f" ({declared})" if declared != expression else ""
        raise HostError(
            f"The schedule {expression!r}{source} of the function {function.name!r} is not an NCRONTAB expression:"
            f" {error}."
        ) from error
    return TimerFunction(
        name=function.name,
        function_id=function.function_id,
        argument=trigger["name"],
        schedule=schedule,
        run_on_startup=bool(trigger.get("runOnStartup")),
    )


def _setting(name: str, function: str, settings: Mapping[str, str]) -> str:
    try:
        return settings[name]
    except KeyError:
        raise HostError(f"The setting {name} is missing: it is the schedule of the function {function!r}.") from None


def _check_routes(functions: Sequence[HttpFunction]) -> None:
    for position, function in enumerate(functions):
        for other in functions[:position]:
            same_path = function.template.shape == other.template.shape
            if same_path and _share_a_method(function, other):
                raise HostError(
                    f"The functions {other.name!r} and {function.name!r} have the same route {function.template.text!r}"
                    " and a method in common."
                )


def order_differences(app: FunctionApp) -> list[str]:
    """Return a sentence for each path that Azure would give to another function than this host does.

    This host tries literal routes first, as ASP.NET does and everyone expects; Azure tries functions by name
    (azure-functions-host issue 9876).
    """
    return [
        "Azure tries functions in the order of their names: there,"
        f" {other.name!r} would take paths of {function.name!r} ({function.template.text!r})."
        for position, function in enumerate(app.http)
        for other in app.http[position + 1 :]
        if other.name.lower() < function.name.lower()
        and _share_a_method(function, other)
        and other.template.match(function.template.example) is not None
    ]


def _share_a_method(one: HttpFunction, other: HttpFunction) -> bool:
    if one.methods is None or other.methods is None:
        return True
    return bool(one.methods & other.methods)
