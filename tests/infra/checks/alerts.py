"""Check: Azure Monitor's alerts ask for what the code really writes, as often as Azure allows, and tell somebody."""

import re
from collections.abc import Iterator

from tests.infra.checks.written import Written, written
from tests.infra.paper.cases import deployments
from tests.infra.paper.values import Deployment, Resource
from tests.infra.project import Project

RULE = "Microsoft.Insights/scheduledQueryRules"
# What Azure takes, as HashiCorp's provider has collected it (docs of azurerm_monitor_scheduled_query_rules_alert_v2);
# Microsoft's reference says "ISO 8601 duration" only.
FREQUENCIES = {"PT1M": 1, "PT5M": 5, "PT10M": 10, "PT15M": 15, "PT30M": 30, "PT45M": 45, "PT1H": 60, "PT2H": 120}
FREQUENCIES |= {"PT3H": 180, "PT4H": 240, "PT5H": 300, "PT6H": 360, "P1D": 1440}
WINDOWS = FREQUENCIES | {"P2D": 2880}
FURTHEST = 2880  # minutes that a rule may look back, all its periods together
_FIELD = re.compile(r"\bline(?:\.|\[')(\w+)")
LEAST = 5  # that were agreed: failed calls, silence of the scan, untold secrets, refused credentials, the vault
# Tables of a workspace. A component's own names (requests, traces, exceptions) would find nothing there.
WORKSPACE_TABLES = {"AppTraces", "AppExceptions", "AppRequests", "AppDependencies", "AZKVAuditLogs", "AzureDiagnostics"}
COMPONENT_TABLES = {"requests", "traces", "exceptions", "dependencies", "customEvents"}


def check(project: Project) -> list[str]:
    """Return what is wrong with the alerts."""
    known, found = written(project), []
    for made in deployments(project).values():
        rules = made.of(RULE)
        if len(rules) < LEAST:
            found.append(f"{project.main.path}:1: there are {len(rules)} alerts; {LEAST} were agreed.")
        for rule in rules:
            place = f"{rule.place}: {rule.properties.get('displayName')}"
            found += [f"{place}: {told}" for told in [*_rule(rule, made), *_query(rule, known)]]
        if not any(_fires_on_silence(rule) for rule in rules):
            found.append(f"{project.main.path}:1: no alert fires when no secretScan is written any more.")
    return list(dict.fromkeys(found))


def query_of(rule: Resource) -> str:
    """Return an alert's query."""
    return str(_first_condition(rule).get("query", ""))


def _first_condition(rule: Resource) -> dict:
    return (rule.properties.get("criteria", {}).get("allOf") or [{}])[0]


def _minutes(text: str) -> int:
    return WINDOWS.get(text, 0)


def _rule(rule: Resource, made: Deployment) -> Iterator[str]:
    given = rule.properties
    frequency, window = str(given.get("evaluationFrequency")), str(given.get("windowSize"))
    if frequency not in FREQUENCIES:
        yield f"Azure evaluates no alert every {frequency}."
    if window not in WINDOWS:
        yield f"Azure takes no window of {window}."
    if _minutes(frequency) > _minutes(window):
        yield f"it looks back {window} every {frequency}, so it misses the time between."
    if frequency == "PT1M" and _minutes(window) > WINDOWS["PT6H"]:
        yield f"Azure takes no window of {window} every minute."
    if given.get("enabled") is not True:
        yield "it is not enabled."
    groups = {group.id for group in made.of("Microsoft.Insights/actionGroups")}
    if not set(given.get("actions", {}).get("actionGroups", [])) & groups:
        yield "it tells nobody."
    workspaces = {one.id for one in made.of("Microsoft.OperationalInsights/workspaces")}
    if not set(given.get("scopes", [])) <= workspaces or not given.get("scopes"):
        yield "its scope is not the workspace."
    if len(given.get("scopes", [])) != 1:
        yield "Azure takes one scope."
    if given.get("autoMitigate") and given.get("muteActionsDuration"):
        yield "it cannot both resolve itself and be mute for a while."
    yield from _condition(_first_condition(rule), _minutes(window))
    text = query_of(rule)
    for back, unit in re.findall(r"ago\((\d+)([mhd])\)", text):
        if int(back) * {"m": 1, "h": 60, "d": 1440}[unit] > _minutes(window):
            yield f"the query looks back {back}{unit}, further than its window {window}."


def _condition(condition: dict, window: int) -> Iterator[str]:
    column, how = condition.get("metricMeasureColumn"), condition.get("timeAggregation")
    if (how == "Count") == bool(column):
        yield f"{how} and the column {column} do not go together."
    if column and not re.search(rf"\b{column}\s*=[^=]", str(condition.get("query"))):
        yield f"the query has no column {column}."
    periods = condition.get("failingPeriods", {})
    number = periods.get("numberOfEvaluationPeriods", 1)
    if number * window > FURTHEST:
        yield "Azure looks back 48 hours at most."
    if periods.get("minFailingPeriodsToAlert", 1) > number:
        yield "more periods have to fail than are looked at."


def _query(rule: Resource, known: Written) -> Iterator[str]:
    text = query_of(rule)
    tables = set(re.findall(r"\b(?:App[A-Z]\w+|AZ[A-Z]\w+|Azure[A-Z]\w+)\b", text))
    for table in sorted(tables - WORKSPACE_TABLES):
        yield f"{table} is no table that is known here."
    for table in sorted(set(re.findall(r"^\s*(\w+)\s*$", text, re.MULTILINE)) & COMPONENT_TABLES):
        yield f"{table} is a table of the component, and the scope is the workspace."
    if not tables:
        yield "the query asks no table of the workspace."
    for name in sorted(set(_FIELD.findall(text)) - known.fields):
        yield f"the code writes no field `{name}`."
    for field, words in (("event", known.events), ("error", known.codes), ("function", known.functions)):
        for name in sorted(_compared(text, field) - words):
            yield f"the code has no {field} `{name}`."
    for name in sorted(_column(text, "OperationName") - known.functions):
        yield f"the code has no function `{name}`."
    for name in sorted(_searched(text) - known.events - known.codes - known.functions):
        yield f"it searches for `{name}`, which the code does not write."


def _compared(text: str, field: str) -> set[str]:
    """Return the words that a field of the lines is compared with, under whatever name a query gives it."""
    names = re.findall(rf"(\w+)\s*=\s*\w+\(line(?:\.|\['){field}\b", text)
    found = _column(text, rf"line(?:\.|\['){field}(?:'\])?") | _column(text, rf"\)\)\.{field}")
    return found.union(*(_column(text, rf"\b{name}") for name in names))


def _column(text: str, what: str) -> set[str]:
    """Return the words that a column is compared with."""
    single = re.findall(what + r"\)?\s*(?:==|!=|=~|has|contains)\s*'([^']+)'", text)
    lists = re.findall(what + r"\)?\s+!?in~?\s*\(([^)]*)\)", text)
    return {*single, *(word for found in lists for word in re.findall(r"'([^']+)'", found))}


def _searched(text: str) -> set[str]:
    """Return the words that lines are searched for."""
    single = re.findall(r"Message\s+(?:has|contains)\s+'([^']+)'", text)
    lists = re.findall(r"Message\s+has_(?:any|all)\s*\(([^)]*)\)", text)
    return {*single, *(word for found in lists for word in re.findall(r"'([^']+)'", found))}


def _fires_on_silence(rule: Resource) -> bool:
    """Whether an alert fires when nothing is there: its own row says so, or it wants fewer lines than one."""
    text, condition = query_of(rule), _first_condition(rule)
    operator, threshold = condition.get("operator"), condition.get("threshold")
    if "'secretScan'" not in text:
        return False
    counted = re.search(r"scans\s*=\s*countif\([^\n]*'secretScan'", text)
    if counted and re.search(r"scans == 0", text) and "iff(" in text:
        return operator == "GreaterThan" and threshold == 0
    return condition.get("timeAggregation") == "Count" and (operator, threshold) in (("LessThan", 1), ("Equals", 0))
