"""Check: the tables that are made are those that the code opens, and the app may use each of them, and no more."""

import re

from tests.infra.checks.roles import ROLES
from tests.infra.paper.cases import deployments
from tests.infra.project import Project

_TABLE = re.compile(r'^TABLE = "(\w+)"', re.MULTILINE)


def check(project: Project) -> list[str]:
    """Return tables that are missing, needless, or closed to the app."""
    opened = {
        name
        for path, text in project.texts.items()
        if path.startswith("lib/adapters/")
        for name in _TABLE.findall(text)
    }
    found = []
    for made in deployments(project).values():
        tables = made.of("Microsoft.Storage/storageAccounts/tableServices/tables")
        names = {table.name for table in tables}
        place = tables[0].place if tables else f"{project.main.path}:1"
        found += [f"{place}: the code opens the table {name}, which is not made." for name in sorted(opened - names)]
        found += [f"{place}: nothing opens the table {name}." for name in sorted(names - opened)]
        grants = {
            role.scope.id
            for role in made.of("Microsoft.Authorization/roleAssignments")
            if role.scope and role.properties["roleDefinitionId"].endswith(ROLES["Storage Table Data Contributor"])
        }
        found += [
            f"{table.place}: the app may not use the table {table.name}." for table in tables if table.id not in grants
        ]
        if grants - {table.id for table in tables}:
            found.append(f"{place}: Storage Table Data Contributor is given on more than the tables.")
    return list(dict.fromkeys(found))
