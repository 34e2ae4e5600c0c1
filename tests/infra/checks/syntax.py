"""Check: every file is Bicep."""

from tests.infra.project import Project


def check(project: Project) -> list[str]:
    """Return the places where a file cannot be read."""
    found = [fault for template in project.templates.values() for fault in template.faults]
    return found or [f"{path}:1: this file is empty." for path, it in project.templates.items() if not it.declarations]
