"""Small projects, to try the checks on what the templates do not have."""

from typing import Any

from tests.infra.paper.deployment import deploy
from tests.infra.project import MAIN, Project

_HEAD = "targetScope = 'subscription'\n"


def project(main: str, **modules: str) -> Project:
    """Return a project with a main template for a subscription, and modules by name."""
    texts = {MAIN: _HEAD + main} | {f"infra/modules/{name}.bicep": text for name, text in modules.items()}
    return Project(texts)


def value(expression: str, before: str = "", **parameters: Any) -> Any:
    """Return what an expression is, behind some declarations."""
    return deploy(project(f"{before}\noutput OUT object = {expression}\n"), parameters).outputs["OUT"]
