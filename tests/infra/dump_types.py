"""Write Microsoft's own types of the resources that the templates use into tests/infra/types, one file per type.

To be run when a template needs another resource type or API version: correct the lists below, then

    python3 tests/infra/dump_types.py

It needs nothing but pip, 200 MB and two minutes, and is no part of the tests. Where the types come from, all by
Microsoft, all under the MIT licence (tests/infra/types/LICENSE):

- `msmcp-azure` carries Bicep's own types (github.com/Azure/bicep-types-az) and prints them, offline, of each resource
  type in its latest stable API version. That version is written into the file, and the templates must use it.
- It leaves out some providers, those of Azure Monitor and of private DNS zones. Their types are read from the models
  of Microsoft's management libraries, which are generated from the same descriptions of the services.

The format, as compact as can be read: an object's properties are `name: [type, flags…, limits…]`; a type is a word
(`string`, `int`, `bool`, `any`, `null`, `array`, `object`), the name of an object in the same file, a literal, several
of those with ` | ` between them, or any of these and `[]`. `values` is the type of an object's other properties. An
object with `by` is one of several, told apart by that property. What the service only answers is `read-only`.
"""

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

TYPES = Path(__file__).parent / "types"
TOOL = "msmcp-azure==3.0.0"
FROM_TOOL = (
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Authorization/roleDefinitions",
    "Microsoft.Communication/communicationServices",
    "Microsoft.Communication/emailServices",
    "Microsoft.Communication/emailServices/domains",
    "Microsoft.Communication/emailServices/domains/senderUsernames",
    "Microsoft.Insights/components",
    "Microsoft.KeyVault/vaults",
    "Microsoft.ManagedIdentity/userAssignedIdentities",
    "Microsoft.Network/privateEndpoints",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
    "Microsoft.Network/virtualNetworks",
    "Microsoft.OperationalInsights/workspaces",
    "Microsoft.Resources/resourceGroups",
    "Microsoft.Storage/storageAccounts",
    "Microsoft.Storage/storageAccounts/blobServices",
    "Microsoft.Storage/storageAccounts/blobServices/containers",
    "Microsoft.Storage/storageAccounts/tableServices",
    "Microsoft.Storage/storageAccounts/tableServices/tables",
    "Microsoft.Web/sites/certificates",
    "Microsoft.Web/serverfarms",
    "Microsoft.Web/sites",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies",
    "Microsoft.Web/sites/config",
    "Microsoft.Web/sites/hostNameBindings",
)
# Type and API version, the library of exactly that version, the folder of its models, the model.
FROM_LIBRARIES = """
Microsoft.Insights/actionGroups@2023-01-01 azure-mgmt-monitor==7.0.0 monitor/models ActionGroupResource
Microsoft.Insights/scheduledQueryRules@2023-12-01 azure-mgmt-monitor==7.0.0 monitor/models ScheduledQueryRuleResource
Microsoft.Insights/diagnosticSettings@2021-05-01-preview azure-mgmt-monitor==6.0.2 \
    monitor/v2021_05_01_preview/models DiagnosticSettingsResource
Microsoft.Network/privateDnsZones@2024-06-01 azure-mgmt-privatedns==1.2.0 privatedns/models PrivateZone
Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01 azure-mgmt-privatedns==1.2.0 \
    privatedns/models VirtualNetworkLink
"""
WORDS = {"str": "string", "int": "int", "bool": "bool", "object": "any", "float": "any"}
WORDS |= dict.fromkeys(("duration", "rfc3339", "iso-8601"), "string")
READ_DEPTH = 3  # how deep read-only objects are kept: enough for `account.properties.primaryEndpoints.table`


def main() -> None:
    """Write every type of the lists; what is no longer in them goes."""
    written = set()
    with tempfile.TemporaryDirectory() as folder:
        tool = unpacked(TOOL, Path(folder)) / "msmcp_azure/bin/azmcp"
        tool.chmod(0o755)
        for name in FROM_TOOL:
            written.add(write(from_tool(tool, name), TOOL))
        for name, library, models, model in map(str.split, FROM_LIBRARIES.strip().splitlines()):
            place = unpacked(library, Path(folder)) / "azure/mgmt" / models
            written.add(write(from_library(place, name, model), library))
    for old in set(TYPES.glob("*.json")) - written:
        old.unlink()


def unpacked(package: str, folder: Path) -> Path:
    """Return the folder with the content of a package, downloaded once."""
    place = folder / package
    if not place.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", package]
        subprocess.run([*command, "--dest", f"{place}.wheel"], check=True)
        for wheel in Path(f"{place}.wheel").glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(place)
    return place


def write(found: dict, source: str) -> Path:
    """Write one type, a line per property, and return the file."""
    keep_reachable(found)
    head = {"type": found["type"], "apiVersion": found["apiVersion"], "source": source, "scopes": found["scopes"]}
    lines = [json.dumps(head)[:-1] + ', "objects": {']
    for place, (name, content) in enumerate(sorted(found["objects"].items())):
        lines.append(("" if place == 0 else ",\n") + f" {json.dumps(name)}: {{")
        parts = []
        for part, value in content.items():
            if isinstance(value, dict):
                inner = ",\n".join(f"   {json.dumps(key)}: {json.dumps(value[key])}" for key in sorted(value))
                parts.append(f"  {json.dumps(part)}: {{\n{inner}\n  }}" if value else f"  {json.dumps(part)}: {{}}")
            else:
                parts.append(f"  {json.dumps(part)}: {json.dumps(value)}")
        lines.append("\n" + ",\n".join(parts) + "\n }")
    text = "".join([lines[0], "\n", *lines[1:], "\n}}\n"])
    assert json.loads(text)["objects"] == found["objects"]
    path = TYPES / (found["type"].replace("/", "_") + ".json")
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{path.name} {found['apiVersion']} {len(text)}\n")
    return path


def keep_reachable(found: dict) -> None:
    """Remove the objects that no property to be written leads to, and those deep in what is only read."""
    objects, depths, waiting = found["objects"], {"body": 0}, [("body", 0)]
    while waiting:
        name, depth = waiting.pop()
        for words, inner in references(objects[name], depth):
            for word in words:
                if word in objects and inner <= READ_DEPTH and inner < depths.get(word, READ_DEPTH + 1):
                    depths[word] = inner
                    waiting.append((word, inner))
    removed = set(objects) - set(depths)
    for name in removed:
        del objects[name]
    for content in objects.values():
        for properties in (content.get("properties", {}), content.get("always", {})):
            for entry in properties.values():
                if entry[0].removesuffix("[]") in removed:
                    entry[0] = "any"


def references(content: dict, depth: int) -> list[tuple[list[str], int]]:
    """Return the names that an object's parts lead to, each with its depth in what is only read (0: written)."""
    found = []
    for entry in [*content.get("properties", {}).values(), *content.get("always", {}).values()]:
        inner = depth + 1 if depth or "read-only" in entry else 0
        found.append(([entry[0].removesuffix("[]")], inner))
    found.append(([content.get("values", "").removesuffix("[]")], depth))
    found.append((list(content.get("one", {}).values()), depth))
    return found


# --- Bicep's own types


def from_tool(tool: Path, name: str) -> dict:
    """Ask the tool for a type and return it in our format."""
    quiet = {"AZURE_MCP_COLLECT_TELEMETRY": "false", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    command = [str(tool), "bicepschema", "get", "--resource-type", name]
    ran = subprocess.run(command, env=os.environ | quiet, capture_output=True, text=True, check=True)
    schemas = json.loads(ran.stdout)["results"]["BicepSchemaResult"]
    (resource,) = [schema for schema in schemas if schema["$type"] == "Resource"]
    found = {"type": name, "apiVersion": resource["name"].partition("@")[2], "scopes": resource["writableScopes"]}
    found["objects"] = objects = {}
    for schema in schemas:
        if schema["$type"] in ("Object", "DiscriminatedObject"):
            add_object(objects, schema["name"], schema)
    add_object(objects, "body", resource["bodyType"])
    return found


def add_object(objects: dict, name: str, schema: dict) -> None:
    """Add an object, and the kinds of it where a property tells them apart."""
    if schema["$type"] == "DiscriminatedObject":
        one = {}
        for element in schema["elements"]:
            (value,) = [entry["type"] for entry in element["properties"] if entry["name"] == schema["discriminator"]]
            one[value] = f"{name}/{value}"
            add_object(objects, one[value], element)
        always = {entry["name"]: property_of(entry) for entry in schema["baseProperties"]}
        objects[name] = {"by": schema["discriminator"], "always": always, "one": one}
        return
    objects[name] = {"properties": {entry["name"]: property_of(entry) for entry in schema["properties"]}}
    if "additionalPropertiesType" in schema:
        objects[name]["values"] = schema["additionalPropertiesType"]


def property_of(entry: dict) -> list[str]:
    """Return a property's type, flags and limits."""
    flags = entry.get("flags", "")
    words = [word for flag, word in (("Required", "required"), ("ReadOnly", "read-only")) if flag in flags.split(", ")]
    limits = re.split(r", (?=minLength|maxLength|minValue|maxValue|pattern|sensitive)", entry.get("modifiers", ""))
    return [entry["type"], *words, *filter(None, limits)]


# --- The models of the management libraries


def from_library(models: Path, name: str, model: str) -> dict:
    """Return a type as a library's model describes it; the module is read, not run."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in models.glob("_*.py")]
    classes = {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}
    objects: dict = {}
    add_model(objects, "body", model, classes)
    body = objects["body"]["properties"]
    body |= {"name": ["string", "required"], "type": ["string", "read-only"], "apiVersion": ["string", "read-only"]}
    kind, _, version = name.partition("@")
    scopes = "All" if kind.endswith("diagnosticSettings") else "ResourceGroup"
    return {"type": kind, "apiVersion": version, "scopes": scopes, "objects": objects}


def add_model(objects: dict, name: str, model: str, classes: dict) -> None:
    """Add a model's object. Keys such as `properties.enabled` are properties of an object in between."""
    content = objects[name] = {"properties": {}}
    known, limits, words = {}, {}, ""
    for part in lineage(model, classes):
        words += (ast.get_docstring(part) or "") + "\n"
        known |= constant(part, "_attribute_map")
        limits |= constant(part, "_validation")
    for attribute, place in known.items():
        rules = limits.get(attribute, {})
        entry = [type_of(place["type"], attribute, words, objects, classes)]
        entry += [flag for rule, flag in (("required", "required"), ("readonly", "read-only")) if rules.get(rule)]
        entry += [f"{bicep}: {rules[rule]}" for rule, bicep in LIMITS.items() if rule in rules]
        target, *rest = re.split(r"(?<!\\)\.", place["key"].replace("\\\\", "\\"))
        properties = content["properties"]
        if rest:
            between = properties.setdefault(target, [f"{name} {target}"])
            if "required" in entry and "required" not in between:
                between.append("required")
            properties = objects.setdefault(between[0], {"properties": {}})["properties"]
            (target,) = rest
        properties[target.replace("\\.", ".")] = entry


LIMITS = {"min_length": "minLength", "max_length": "maxLength", "minimum": "minValue", "maximum": "maxValue"}


def lineage(model: str, classes: dict) -> list[ast.ClassDef]:
    """Return the classes of a model, the base first."""
    node = classes[model]
    bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in classes]
    return [*(part for base in bases for part in lineage(base, classes)), node]


def constant(node: ast.ClassDef, name: str) -> dict:
    """Return a class's constant, {} if it has none."""
    for line in node.body:
        if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == name:
            return ast.literal_eval(line.value)
    return {}


def type_of(text: str, attribute: str, words: str, objects: dict, classes: dict) -> str:
    """Return the type of a model's attribute; its docstring names the enumeration, if it is one."""
    if text.startswith("["):
        return type_of(text[1:-1], attribute, words, objects, classes) + "[]"
    if text.startswith("{"):
        values = type_of(text[1:-1], attribute, words, objects, classes)
        objects[f"{values} by name"] = {"properties": {}, "values": values}
        return f"{values} by name"
    if text in WORDS:
        enum = re.search(rf":vartype {attribute}:\s+(?:list\[)?\w+\s+or\s+~[\w.]+\.(\w+)", words)
        return " | ".join([*enum_values(classes[enum[1]]), WORDS[text]]) if enum else WORDS[text]
    if text not in classes:
        return "any"
    if text not in objects:
        add_model(objects, text, text, classes)
    return text


def enum_values(node: ast.ClassDef) -> list[str]:
    """Return the values of an enumeration."""
    values = [line.value.value for line in node.body if isinstance(line, ast.Assign)]
    return [str(value) for value in values if not str(value).isdigit() or "int" in [base.id for base in node.bases]]


if __name__ == "__main__":
    main()
