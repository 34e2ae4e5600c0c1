"""The deployments that are tried on paper: one for each choice that the templates offer, and names of every length."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from tests.infra.paper.deployment import deploy
from tests.infra.paper.parameters import given_by_azd, stages
from tests.infra.paper.values import Deployment, DeploymentError
from tests.infra.project import Project

LEAST = {"environmentName": "us-production", "location": "eastus2", "alertRecipients": "operators@ats.example"}
WEBHOOK = "https://hooks.example/services/not-for-everybody"
OPERATORS = "0b7c1f9e-2d64-4a1f-9c3b-6f5e4d3c2b1a"
_GUID = "5f0e2a4c-1b3d-4c5e-8f70-9a8b7c6d5e4f"
_OWN_DOMAIN = {"emailDomain": "alerts.ats.example", "emailSenderName": "calendar"}
_CALLERS = {"callersApiApplicationId": _GUID, "callersApplicationIds": f"{_GUID}, {_GUID}"}
_PRIVATE = {"vnetEnabled": True}
CASES: dict[str, dict[str, Any]] = {
    "least": {},
    "private network": _PRIVATE,
    "SMTP": {"emailService": "smtp", "emailSender": "alerts@ats.example"},
    "no e-mail": {"emailService": "none"},
    "own e-mail domain, not verified": _OWN_DOMAIN,
    "own e-mail domain": _OWN_DOMAIN | {"emailDomainVerified": True},
    "custom role": {"emailRole": "custom"},
    "own host name": {"customDomain": "calendar.ats.example"},
    "own certificate": {"customDomain": "calendar.ats.example", "customDomainCertificate": True},
    "callers with tokens": _CALLERS,
    "operators, webhook": {"operatorPrincipalId": OPERATORS, "operatorPrincipalType": "Group", "alarmWebhook": WEBHOOK},
    "staging with Basic": {"deploymentStage": "staging", "basicApplicationId": _GUID, "publicUrl": "https://c.example"},
    "kept running": {"alwaysReadyInstances": 2, "instanceMemoryMB": 4096},
    "everything": _PRIVATE
    | _OWN_DOMAIN
    | _CALLERS
    | {"emailDomainVerified": True, "customDomain": "calendar.ats.example", "customDomainCertificate": True}
    | {"operatorPrincipalId": OPERATORS, "alarmWebhook": WEBHOOK, "emailRole": "custom", "location": "westeurope"},
    "shortest name": {"environmentName": "a"},
    "longest name": {"environmentName": "Production-Europe_2.with.a.name-that-is-as-long-as-it-may-b"},
    "upper case": {"environmentName": "US-PRODUCTION", "location": "EastUS2".lower()},
}


@lru_cache(maxsize=4)
def attempts(project: Project) -> dict[str, Deployment | DeploymentError]:
    """Return every deployment, or what stops it."""
    wanted = {name: LEAST | changes for name, changes in CASES.items()}
    found: dict[str, Deployment | DeploymentError] = {}
    for name, parameters in wanted.items():
        found[name] = _attempt(project, parameters)
    for stage in stages(project):
        try:
            found[f"stage {stage}"] = _attempt(project, given_by_azd(project, stage))
        except DeploymentError as problem:
            found[f"stage {stage}"] = problem
    return found


def _attempt(project: Project, parameters: dict[str, Any]) -> Deployment | DeploymentError:
    try:
        return deploy(project, parameters)
    except DeploymentError as problem:
        return problem


def deployments(project: Project) -> dict[str, Deployment]:
    """Return the deployments that succeed, by the name of their case."""
    return {name: found for name, found in attempts(project).items() if isinstance(found, Deployment)}


def once(findings: Iterable[tuple[str, str]]) -> list[str]:
    """Return findings, each with the first case in which it was made."""
    first: dict[str, str] = {}
    for case, told in findings:
        first.setdefault(told, case)
    return [f"{told} (case: {case})" for told, case in first.items()]


def parameters_of(case: str) -> dict[str, Any]:
    """Return what a case gives."""
    return LEAST | CASES.get(case, {})
