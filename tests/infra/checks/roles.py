"""Check: roles are the built-in ones they are called, go to few, and are explained in infra/README.md.

The GUIDs are from Azure Verified Modules' lists of built-in roles and the official samples.
"""

import re
from collections import Counter
from collections.abc import Iterator

from tests.infra.bicep.scopes import symbol, uses
from tests.infra.bicep.syntax import Call, Expression, Literal, Object
from tests.infra.bicep.template import Declaration, Template
from tests.infra.paper import standins
from tests.infra.paper.cases import OPERATORS, deployments, once
from tests.infra.paper.values import Deployment
from tests.infra.project import Project

ROLES = {
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "Storage Table Data Reader": "76199698-9eea-4c19-bc75-cec21354c6b6",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "Key Vault Reader": "21090545-7ca7-4776-b22c-e363652d74d2",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "Communication and Email Service Owner": "09976791-48a7-449e-bb21-39d1a415f350",
    "Website Contributor": "de139f84-1756-47ae-9be6-808fbbe84772",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
}
# On nothing wider than one resource, and Contributor on Communication Services alone (Microsoft documents it so).
CONTRIBUTOR_ON = {"Microsoft.Communication/communicationServices"}
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
README = "infra/README.md"
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def check(project: Project) -> list[str]:
    """Return what is wrong with role ids, role assignments and their table."""
    found = [told for template in project.templates.values() for told in _ids(template)]
    for template, assignment in assignments(project):
        found += _assignment(template, assignment)
    made = [(case, told) for case, deployment in deployments(project).items() for told in _made(deployment)]
    return found + once(made) + _explained(project)


def assignments(project: Project) -> list[tuple[Template, Declaration]]:
    """Return every role assignment that is declared."""
    return [
        (template, resource)
        for template in project.templates.values()
        for resource in template.of("resource").values()
        if resource.resource_type == ASSIGNMENT and not resource.existing
    ]


def _words(text: str) -> str:
    """Return a name without what tells `storageBlobDataOwner` and `Storage Blob Data Owner` apart."""
    return re.sub(r"[^a-z]", "", text.lower())


def _ids(template: Template) -> Iterator[str]:
    names = {guid: name for name, guid in ROLES.items()}
    lines = template.text.splitlines()
    for number, line in enumerate(lines, start=1):
        for guid in _GUID.findall(line):
            if guid not in names:
                yield f"{template.at(number)}: {guid} is no role that is known (tests/infra/checks/roles.py)."
            elif _words(names[guid]) not in {_words(part) for part in _labels(line)}:
                yield f"{template.at(number)}: {guid} is {names[guid]}, which does not stand beside it."


def _labels(line: str) -> list[str]:
    """Return what a line calls its role: the variable or property before it, or the comment behind it."""
    before, _, comment = line.partition("//")
    return [before.split("=")[0].removeprefix("var "), before.split(":")[0], comment]


def _assignment(template: Template, assignment: Declaration) -> Iterator[str]:
    place = f"{template.at(assignment.line)}: {assignment.name}"
    body = assignment.body
    properties = body.get("properties")
    if not isinstance(properties, Object):
        yield f"{place} has no properties."
        return
    if properties.get("principalType") is None:
        yield f"{place} needs a principalType: without it a new identity may not be found yet."
    if body.get("scope") is None:
        yield f"{place} has no scope, so it is for the whole {template.scope}."
    name = body.get("name")
    if not isinstance(name, Call) or name.name != "guid":
        yield f"{place} needs a name `guid(…)`."
        return
    given = {found.name for argument in name.arguments for found in uses(argument)}
    for what, wanted in (
        ("the scope", _with_parents(template, body.get("scope"))),
        ("the principal", _names(properties.get("principalId"))),
        ("the role", _names(properties.get("roleDefinitionId"))),
    ):
        if wanted and not wanted & given:
            yield f"{template.at(name.line)}: the guid of {assignment.name} does not depend on {what}."


def _names(expression: Expression | None) -> set[str]:
    return {found.name for found in uses(expression)}


def _with_parents(template: Template, expression: Expression | None) -> set[str]:
    """Return the names of a scope and of what it is in, and those that make its name."""
    found = _names(expression)
    for name in list(found):
        declared = symbol(template, name)
        if declared and declared.kind == "resource":
            found |= _names(declared.body.get("name")) | _with_parents(template, declared.body.get("parent"))
    return found


def _made(made: Deployment) -> Iterator[str]:
    grants: Counter[str] = Counter()
    custom = {resource.name for resource in made.of("Microsoft.Authorization/roleDefinitions")}
    names = {guid: name for name, guid in ROLES.items()}
    identities = made.of("Microsoft.ManagedIdentity/userAssignedIdentities")
    people = {
        OPERATORS,
        *(standins.answer(identity.type, identity.name, "properties.principalId") for identity in identities),
    }
    for found in made.of(ASSIGNMENT):
        grants[found.name] += 1
        role = str(found.properties.get("roleDefinitionId"))
        guid = role.rpartition("/")[2]
        on = found.scope.type if found.scope else "everything"
        if guid not in custom and guid not in names:
            yield f"{found.place}: {role} is no role."
        elif "/providers/Microsoft.Authorization/roleDefinitions/" not in role:
            yield f"{found.place}: a role is named by its id: subscriptionResourceId('…/roleDefinitions', …)."
        elif names.get(guid) == "Contributor" and on not in CONTRIBUTOR_ON:
            yield f"{found.place}: Contributor on {on} is too much."
        if found.properties.get("principalId") not in people:
            yield f"{found.place}: {found.properties.get('principalId')} is not the app's identity or the operators."
    for name, count in grants.items():
        if count > 1:
            yield f"{README}:1: {count} role assignments have the name {name}."


def _explained(project: Project) -> list[str]:
    """Every role assignment has its row in the table of roles, with its role's id and a reason, and vice versa."""
    rows = {row[0]: row for row in _rows(project.texts[README])}
    found = []
    for template, assignment in assignments(project):
        row = rows.pop(assignment.name, None)
        place = f"{template.at(assignment.line)}: {assignment.name}"
        if row is None:
            found.append(f"{place} is not in the table of roles in {README}.")
        elif len(row[-1].strip()) < 15:
            found.append(f"{README}:1: {assignment.name} is given without a reason.")
        else:
            ids = _ids_of(template, assignment)
            for guid in ids - set(_GUID.findall(" ".join(row))):
                found.append(f"{README}:1: the row of {assignment.name} does not name the role {guid}.")
            for guid in set(_GUID.findall(" ".join(row))) - ids:
                found.append(f"{README}:1: the row of {assignment.name} names the role {guid}, which it does not give.")
            for guid in ids & set(ROLES.values()):
                name = next(name for name, other in ROLES.items() if other == guid)
                if name not in " ".join(row):
                    found.append(f"{README}:1: the row of {assignment.name} does not say that {guid} is {name}.")
    return found + [f"{README}:1: there is no role assignment `{name}`." for name in rows]


def _rows(text: str) -> Iterator[list[str]]:
    """Return the rows of the table whose first column is `Role assignment`, the first cell without its backticks."""
    _, _, table = text.partition("| Role assignment |")
    for line in table.split("\n\n")[0].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        yield [re.sub(r"[`\s]", "", cells[0]), *cells[1:]]


def _ids_of(template: Template, assignment: Declaration) -> set[str]:
    properties = assignment.body.get("properties")
    role = properties.get("roleDefinitionId") if isinstance(properties, Object) else None
    values = [symbol(template, name) for name in _names(role)]
    parts = [role, *(found.value for found in values if found and found.kind == "var")]
    literals = [part for root in parts if root for part in root.inside() if isinstance(part, Literal)]
    return {str(part.value) for part in literals if _GUID.fullmatch(str(part.value))}
