"""Check: no keys, no passwords, nothing secret in outputs; whatever can be used with Entra tokens alone is."""

import re
from collections.abc import Iterator

from tests.infra.bicep.schemas import schemas
from tests.infra.bicep.scopes import symbol
from tests.infra.bicep.syntax import Call, Expression, Literal, Name, Object
from tests.infra.bicep.template import Template
from tests.infra.paper.cases import WEBHOOK, deployments, once
from tests.infra.paper.values import Deployment, Resource
from tests.infra.project import Project

_TELLING = re.compile(r"list.+|getSecret", re.IGNORECASE)
_KEYS = re.compile(r"AccountKey=|SharedAccessKey|SharedAccessSignature|[?&]sig=|Password=|pwd=", re.IGNORECASE)
_SECRET_NAMES = re.compile(r"password|secretValue|sharedKey|primaryKey|secondaryKey|accountKey", re.IGNORECASE)


def check(project: Project) -> list[str]:
    """Return the places where something secret would be used or shown."""
    found = [told for template in project.templates.values() for told in _template(project, template)]
    made: list[tuple[str, str]] = []
    for case, deployment in deployments(project).items():
        made += [(case, told) for told in [*_made(deployment), *_shown(project, deployment)]]
    return found + once(made)


def _template(project: Project, template: Template) -> Iterator[str]:
    for part in template.expressions:
        if isinstance(part, Call) and _TELLING.fullmatch(part.name):
            yield f"{template.at(part.line)}: `{part.name}` asks Azure for a key; identities need none."
        if isinstance(part, Literal) and isinstance(part.value, str) and _KEYS.search(part.value):
            yield f"{template.at(part.line)}: this is a text with a key in it."
    for name, parameter in template.of("param").items():
        if not parameter.decorator("secure"):
            if _SECRET_NAMES.search(name):
                yield f"{template.at(parameter.line)}: the parameter `{name}` is not @secure()."
        elif parameter.value is not None and not (isinstance(parameter.value, Literal) and parameter.value.value == ""):
            yield f"{template.at(parameter.line)}: the default of the secure parameter `{name}` can be read by all."
    for name, output in template.of("output").items():
        for leak in _leaks(project, template, output.value, frozenset()):
            yield f"{template.at(output.line)}: the output `{name}` shows {leak}."
    yield from _handed_on(project, template)


def _leaks(project: Project, template: Template, value: Expression | None, seen: frozenset[str]) -> Iterator[str]:
    """Return what is secret in an expression and in the variables that it names."""
    for part in value.inside() if value else ():
        found = symbol(template, part.name) if isinstance(part, Name) else None
        if found and found.kind == "param" and found.decorator("secure"):
            yield f"the secure parameter `{found.name}`"
        if found and found.kind == "var" and found.name not in seen:
            yield from _leaks(project, template, found.value, seen | {found.name})


def _handed_on(project: Project, template: Template) -> Iterator[str]:
    """What is secure stays so in modules: otherwise the deployment's history keeps it in clear."""
    for module in template.of("module").values():
        target, given = project.module(template, module.target), module.body.get("params")
        for entry in given.properties if isinstance(given, Object) and target else ():
            parameter = target.of("param").get(str(entry.name)) if target else None
            source = symbol(template, entry.value.name) if isinstance(entry.value, Name) else None
            is_secure = parameter is not None and parameter.decorator("secure") is not None
            if is_secure and source and source.kind == "param" and not source.decorator("secure"):
                yield f"{template.at(source.line)}: `{source.name}` is not secure; in {module.target} it is."
            if parameter and not parameter.decorator("secure"):
                for leak in _leaks(project, template, entry.value, frozenset()):
                    yield f"{template.at(entry.line)}: `{entry.name}` of {module.target} is not secure and gets {leak}."


def _made(made: Deployment) -> Iterator[str]:
    for found in (one for one in made.resources if not one.existing):
        if found.type == "Microsoft.Storage/storageAccounts":
            yield from _storage(found)
        if found.type == "Microsoft.KeyVault/vaults":
            yield from _vault(found)
        if found.type == "Microsoft.Web/sites" and found.properties.get("httpsOnly") is not True:
            yield f"{found.place}: the app answers without TLS: httpsOnly is not true."
        yield from _local_authentication(found)
    policies = made.of("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    if {one.name for one in policies if one.properties.get("allow") is False} != {"scm", "ftp"}:
        place = made.of("Microsoft.Web/sites")[0].place
        yield f"{place}: publishing with a password is not switched off for scm and ftp."


def _storage(found: Resource) -> Iterator[str]:
    wanted = {
        "allowSharedKeyAccess": False,
        "allowBlobPublicAccess": False,
        "supportsHttpsTrafficOnly": True,
        "minimumTlsVersion": "TLS1_2",
    }
    for name, value in wanted.items():
        if found.properties.get(name) != value:
            yield f"{found.place}: {name} of a storage account has to be {value!r}."


def _vault(found: Resource) -> Iterator[str]:
    for name in ("enableRbacAuthorization", "enableSoftDelete", "enablePurgeProtection"):
        if found.properties.get(name) is not True:
            yield f"{found.place}: {name} of a vault has to be true."


def _local_authentication(found: Resource) -> Iterator[str]:
    """Whatever can refuse its own keys, does."""
    schema = schemas().get(found.type.lower())
    for name, content in schema.objects.items() if schema else ():
        for key in content.get("properties", {}):
            if key.lower() == "disablelocalauth" and not content["properties"][key].count("read-only"):
                places = [part for part in _objects(found.body) if part.get(key) is True]
                if not places:
                    yield f"{found.place}: {found.type} takes keys: {key} ({name}) is not true."


def _objects(value: object) -> Iterator[dict]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _objects(part)


def _shown(project: Project, made: Deployment) -> Iterator[str]:
    """Nothing that was given as secret is in an output or an app setting."""
    for name, value in made.outputs.items():
        text = str(value)
        if WEBHOOK in text or _KEYS.search(text) or "InstrumentationKey" in text or "@Microsoft.KeyVault" in text:
            yield f"{project.main.path}:1: the output {name} shows a secret."
    for settings in made.of("Microsoft.Web/sites/config"):
        if WEBHOOK in str(settings.body) or _KEYS.search(str(settings.body)):
            yield f"{settings.place}: a secret stands in the settings."
