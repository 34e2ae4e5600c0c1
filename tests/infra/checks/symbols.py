"""Check: every name is declared and used, functions and decorators exist and take what they are given."""

from collections import Counter
from collections.abc import Iterator

from tests.infra.bicep.functions import (
    DECORATORS,
    FUNCTIONS,
    LIMITS_BY_TYPE,
    METHODS,
    NAMESPACES,
    ONLY_AS_DEFAULT,
)
from tests.infra.bicep.kinds import Knowledge, plain
from tests.infra.bicep.schemas import WORDS
from tests.infra.bicep.scopes import all_uses, symbol
from tests.infra.bicep.syntax import Array, Call, Expression, Index, Literal, Member, Name, Object
from tests.infra.bicep.template import Declaration, Template
from tests.infra.project import Project

_SCOPES = {"resourceGroup", "subscription", "managementGroup", "tenant"}


def check(project: Project) -> list[str]:
    """Return what is wrong with names, functions, decorators, parameters and outputs."""
    return [told for template in project.templates.values() for told in _template(project, template)]


def _template(project: Project, template: Template) -> Iterator[str]:
    knowledge = Knowledge(project, template)
    if template.scope not in _SCOPES:
        yield f"{template.path}:1: {template.scope!r} is no target scope."
    yield from _names(template)
    for declaration in template.declarations:
        yield from _decorators(template, declaration)
        if declaration.kind in ("param", "output"):
            yield from _typed(template, knowledge, declaration)
        for part in declaration.value.inside() if declaration.value else ():
            if isinstance(part, Call):
                yield from _call(template, part, declaration)
            if isinstance(part, Member):
                yield from _member(template, knowledge, part)
            if isinstance(part, Object):
                yield from _repeated(template, part)
        yield from _loops(template, declaration)


def _names(template: Template) -> Iterator[str]:
    used = Counter(name.name for name in all_uses(template))
    for name in all_uses(template):
        if symbol(template, name.name) is None and name.name not in NAMESPACES:
            yield f"{template.at(name.line)}: `{name.name}` is not declared."
    for group in (("output",), ("param", "var", "resource", "module")):
        seen: set[str] = set()
        for declaration in template.declarations:
            if declaration.kind in group:
                if declaration.name in seen:
                    yield f"{template.at(declaration.line)}: `{declaration.name}` is declared twice."
                seen.add(declaration.name)
    for declaration in template.declarations:
        needless = declaration.kind in ("param", "var") or declaration.existing
        if needless and not used[declaration.name]:
            yield f"{template.at(declaration.line)}: nothing uses the {declaration.kind} `{declaration.name}`."
        if declaration.kind == "param" and not _text_of(declaration, "description"):
            yield f"{template.at(declaration.line)}: the parameter `{declaration.name}` has no description."


def _text_of(declaration: Declaration, name: str) -> str:
    call = declaration.decorator(name)
    first = call.arguments[0] if call and call.arguments else None
    return str(first.value).strip() if isinstance(first, Literal) else ""


def _decorators(template: Template, declaration: Declaration) -> Iterator[str]:
    names = [call.name for call in declaration.decorators]
    for call in declaration.decorators:
        place = f"{template.at(call.line)}: @{call.name}"
        if call.name not in DECORATORS:
            yield f"{place} is no decorator."
            continue
        least, most, targets = DECORATORS[call.name]
        if not least <= len(call.arguments) <= most:
            yield f"{place} takes {least} argument{'s' if least != 1 else ''}, not {len(call.arguments)}."
        if declaration.kind not in targets:
            yield f"{place} cannot stand on a {declaration.kind}."
        elif plain(declaration.type) not in LIMITS_BY_TYPE.get(call.name, {plain(declaration.type)}):
            yield f"{place} cannot stand on a {declaration.type}."
        if names.count(call.name) > 1:
            yield f"{place} is given twice."
        if call.name in ("minLength", "maxLength", "minValue", "maxValue") and not _is_int(call):
            yield f"{place} takes a number."


def _is_int(call: Call) -> bool:
    return all(isinstance(value, Literal) and type(value.value) is int for value in call.arguments)


def _typed(template: Template, knowledge: Knowledge, declaration: Declaration) -> Iterator[str]:
    """A default or an output's value is of the declared type; a default keeps the parameter's own limits."""
    wanted, value = plain(declaration.type), declaration.value
    if wanted not in WORDS and " | " not in declaration.type and declaration.type.isidentifier():
        yield f"{template.at(declaration.line)}: `{declaration.type}` is no type."
    if value is None:
        return
    found = knowledge.kind(value)
    word = plain(found.text)
    if found.schema and word in found.schema.objects:
        word = "object"
    if found.known and wanted in WORDS and word in WORDS and word not in (wanted, "any", "null") and wanted != "any":
        yield f"{template.at(declaration.line)}: `{declaration.name}` is declared as {wanted}, and this is {word}."
    if isinstance(value, Literal) and declaration.kind == "param":
        yield from _within_limits(template, declaration, value)


def _within_limits(template: Template, declaration: Declaration, value: Literal) -> Iterator[str]:
    place = f"{template.at(value.line)}: the default of `{declaration.name}`"
    allowed = declaration.decorator("allowed")
    if allowed and isinstance(allowed.arguments[0], Array):
        values = [item.value for item in allowed.arguments[0].items if isinstance(item, Literal)]
        if value.value not in values:
            yield f"{place} is not allowed."
    size = len(value.value) if isinstance(value.value, str) else value.value
    for call in declaration.decorators:
        limit = call.arguments[0].value if call.arguments and isinstance(call.arguments[0], Literal) else None
        known = type(limit) is int and type(size) is int
        if known and (size < limit if call.name.startswith("min") else size > limit):
            yield f"{place} is beyond its @{call.name}."


def _call(template: Template, call: Call, inside: Declaration) -> Iterator[str]:
    place = template.at(call.line)
    of_namespace = isinstance(call.base, Name) and call.base.name in NAMESPACES
    if call.base is not None and not of_namespace:
        if call.name not in METHODS and not call.name.startswith("list"):
            yield f"{place}: `{call.name}` is no method of a resource."
        return
    if call.name not in FUNCTIONS:
        yield f"{place}: `{call.name}` is no function that these checks know (tests/infra/bicep/functions.py)."
        return
    function = FUNCTIONS[call.name]
    if not function.least <= len(call.arguments) <= function.most:
        wanted = str(function.least) if function.least == function.most else f"{function.least} to {function.most}"
        wanted = f"at least {function.least}" if function.most > 9 else wanted
        yield f"{place}: `{call.name}` takes {wanted} arguments, not {len(call.arguments)}."
    if call.name in ONLY_AS_DEFAULT and inside.kind != "param":
        yield f"{place}: `{call.name}` may only be the default of a parameter."


def _member(template: Template, knowledge: Knowledge, member: Member) -> Iterator[str]:
    """A property that is read has to be in the type of its resource."""
    of = knowledge.resource_of(member.base, frozenset()) or knowledge.kind(member.base)
    if of.schema is None or of.text not in of.schema.objects or of.schema.variants(of.text):
        return
    if member.name in of.schema.properties(of.text) or of.schema.values(of.text) is not None:
        return
    if of.text == "body" and member.name in ("id", "name", "type", "apiVersion"):
        return
    what = of.schema.type if of.text == "body" else of.text
    yield f"{template.at(member.line)}: {what} has no property `{member.name}`."


def _repeated(template: Template, value: Object) -> Iterator[str]:
    names = Counter(entry.name for entry in value.properties if isinstance(entry.name, str))
    yield from (f"{template.at(value.line)}: `{name}` is given twice." for name, count in names.items() if count > 1)


def _loops(template: Template, declaration: Declaration) -> Iterator[str]:
    """Of a loop one is meant, with an index; of a single one there is no index."""
    roots = [declaration.value] if declaration.value else []
    indexed = {id(part.base) for root in roots for part in root.inside() if isinstance(part, Index)}
    whole = _in_depends_on(declaration)
    for part in (part for root in roots for part in root.inside()):
        found = _loop_or_single(template, part)
        if found is None or id(part) in whole:
            continue
        if found.is_loop and id(part) not in indexed:
            yield f"{template.at(part.line)}: `{found.name}` is a loop: say which one, with an index."
        if not found.is_loop and id(part) in indexed:
            yield f"{template.at(part.line)}: `{found.name}` is no loop and takes no index."


def _loop_or_single(template: Template, part: Expression) -> Declaration | None:
    found = symbol(template, part.name) if isinstance(part, Name) else None
    return found if found and found.kind in ("resource", "module") else None


def _in_depends_on(declaration: Declaration) -> set[int]:
    listed = declaration.body.get("dependsOn") if declaration.kind in ("resource", "module") else None
    return {id(item) for item in listed.items} if isinstance(listed, Array) else set()
