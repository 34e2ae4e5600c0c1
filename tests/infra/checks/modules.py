"""Check: modules exist, take the parameters they are given, and have the outputs that are read."""

from collections.abc import Iterator

from tests.infra.bicep.kinds import Knowledge, plain
from tests.infra.bicep.schemas import WORDS
from tests.infra.bicep.scopes import symbol
from tests.infra.bicep.syntax import Call, Choice, Expression, Literal, Member, Name, Object
from tests.infra.bicep.template import Declaration, Template
from tests.infra.project import Project

_PROPERTIES = {"name", "scope", "params", "dependsOn", "identity"}


def check(project: Project) -> list[str]:
    """Return what is wrong between modules and the files that use them; and the files that nothing uses."""
    found = [told for template in project.templates.values() for told in _template(project, template)]
    used = {target.path for template in project.templates.values() for target in _targets(project, template)}
    orphans = set(project.templates) - used - {path for path in project.templates if _is_entry(path)}
    return found + [f"{path}:1: no template uses this module." for path in sorted(orphans)]


def _is_entry(path: str) -> bool:
    """Whether a file is deployed by itself: those beside main.bicep are, those in folders are modules."""
    return path.count("/") == 1


def _targets(project: Project, template: Template) -> Iterator[Template]:
    for module in template.of("module").values():
        target = project.module(template, module.target)
        if target:
            yield target


def _template(project: Project, template: Template) -> Iterator[str]:
    knowledge = Knowledge(project, template)
    for module in template.of("module").values():
        place = template.at(module.line)
        target = project.module(template, module.target)
        if target is None:
            yield f"{place}: there is no file {module.target}."
            continue
        for entry in module.body.properties:
            if entry.name not in _PROPERTIES:
                yield f"{template.at(entry.line)}: a module has no property `{entry.name}`."
        if target.scope != template.scope and module.body.get("scope") is None:
            yield f"{place}: {module.target} is for a {target.scope}: the module needs a scope."
        yield from _scope(template, module)
        yield from _parameters(template, knowledge, module, target)
    for part in template.expressions:
        if isinstance(part, Member):
            yield from _output(project, template, knowledge, part)


def _scope(template: Template, module: Declaration) -> Iterator[str]:
    scope = module.body.get("scope")
    if scope is None or (isinstance(scope, Call) and scope.name in ("resourceGroup", "subscription", "tenant")):
        return
    found = symbol(template, scope.name) if isinstance(scope, Name) else None
    if found is None or found.kind != "resource" or found.resource_type != "Microsoft.Resources/resourceGroups":
        yield f"{template.at(scope.line)}: the scope of {module.name} is no resource group."


def _parameters(template: Template, knowledge: Knowledge, module: Declaration, target: Template) -> Iterator[str]:
    given = module.body.get("params")
    values = {entry.name: entry for entry in given.properties} if isinstance(given, Object) else {}
    parameters = target.of("param")
    for name, parameter in parameters.items():
        if name not in values and parameter.value is None and not parameter.type.endswith("| null"):
            yield f"{template.at(module.line)}: {module.target} needs the parameter `{name}`."
    for name, entry in values.items():
        if name not in parameters:
            yield f"{template.at(entry.line)}: {module.target} has no parameter `{name}`."
        else:
            yield from _fits(template, knowledge, entry.value, parameters[str(name)])


def _fits(template: Template, knowledge: Knowledge, value: Expression, parameter: Declaration) -> Iterator[str]:
    if isinstance(value, Choice):
        yield from _fits(template, knowledge, value.yes, parameter)
        yield from _fits(template, knowledge, value.no, parameter)
        return
    found, wanted = knowledge.kind(value), plain(parameter.type)
    word = plain(found.text)
    if found.schema and word in found.schema.objects:
        word = "object"
    place = template.at(value.line)
    comparable = found.known and word in WORDS and wanted in WORDS and "any" not in (word, wanted)
    nothing = word == "null" and "null" in parameter.type
    if comparable and word != wanted and not nothing:
        yield f"{place}: `{parameter.name}` is declared as {wanted}, and this is {word}."
    allowed = parameter.decorator("allowed")
    if allowed and isinstance(value, Literal):
        choices = [item.value for item in allowed.arguments[0].inside() if isinstance(item, Literal)]
        if value.value not in choices:
            yield f"{place}: `{parameter.name}` may not be {value.value!r}."


def _output(project: Project, template: Template, knowledge: Knowledge, member: Member) -> Iterator[str]:
    module = knowledge.module_of(member.base, frozenset())
    target = project.module(template, module.target) if module else None
    if target and member.name not in target.of("output"):
        yield f"{template.at(member.line)}: {module.target if module else ''} has no output `{member.name}`."
    base = member.base
    if isinstance(base, Name) and base.name in template.of("module") and member.name not in ("outputs", "name"):
        yield f"{template.at(member.line)}: a module has no `{member.name}`: read its `outputs`."
