"""What Bicep and Azure accept is no finding: each check has to know how to be silent."""

import pytest

from tests.infra import sample
from tests.infra.checks import bodies, deployment, modules, start, symbols, syntax
from tests.infra.project import Project

CHECKS = (syntax.check, symbols.check, bodies.check, modules.check, start.check)
HEAD = """
@description('Name.')
param name string
@description('Region.')
param location string = resourceGroup().location
@description('Whether.')
param open bool = true
@description('Tags.')
param tags object = {}
@description('List.')
param list string[] = []
@description('Perhaps.')
param perhaps string?
@description('Size.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param size string = 'Standard_LRS'
"""
USE = "\noutput used array = [name, location, open, tags, list, perhaps, size]\n"
ACCOUNT = "resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {\n  name: name\n  location: location\n"
PLAIN = "  kind: 'StorageV2'\n  sku: { name: size }\n"
GOOD = {
    "a choice with null": f"{ACCOUNT}{PLAIN}  properties: {{ accessTier: open ? 'Hot' : null }}\n}}",
    "a choice of objects": f"{ACCOUNT}{PLAIN}  properties: open ? {{ accessTier: 'Hot' }} : {{}}\n}}",
    "what any hides": f"{ACCOUNT}{PLAIN}  properties: {{ accessTier: any('Warm'), isHnsEnabled: any('x') }}\n}}",
    "what only json knows": f"{ACCOUNT}{PLAIN}  properties: json('{{}}')\n}}",
    "tags that are joined": f"{ACCOUNT}{PLAIN}  tags: union(tags, {{ 'a-b': name, c: '1' }})\n}}",
    "tags by expression": f"{ACCOUNT}{PLAIN}  tags: {{ '${{name}}': 'x' }}\n}}",
    "a body in variables": f"var sku = {{ name: 'Standard_LRS' }}\n{ACCOUNT}  kind: 'StorageV2'\n  sku: sku\n}}",
    "an object parameter": f"{ACCOUNT}{PLAIN}  properties: tags\n}}",
    "one part or another": f"{ACCOUNT}{PLAIN}  properties: {{ accessTier: perhaps ?? 'Hot' }}\n}}",
    "a part of a parameter": f"{ACCOUNT}{PLAIN}  properties: {{ isHnsEnabled: tags.flag, accessTier: tags['x'] }}\n}}",
    "a list by loop": (
        f"{ACCOUNT}{PLAIN}  properties: {{ networkAcls: {{ defaultAction: 'Deny'\n"
        "    ipRules: [for (address, i) in list: { value: address, action: 'Allow' }] } }\n}"
    ),
    "a list by map": (
        f"{ACCOUNT}{PLAIN}  properties: {{ networkAcls: {{ defaultAction: 'Deny'\n"
        "    ipRules: map(list, address => { value: address }) } }\n}"
    ),
    "an identity by its id": (
        f"{ACCOUNT}{PLAIN}  identity: {{ type: 'UserAssigned', userAssignedIdentities: {{ '${{name}}': {{}} }} }}\n}}"
    ),
    "a conditional resource": ACCOUNT.replace("= {", "= if (open && name != '') {") + PLAIN + "}",
    "resources by loop": (
        "@batchSize(1)\n"
        + ACCOUNT.replace("= {", "= [for i in range(0, 2): {").replace("name: name", "name: '${name}${i}'")
        + PLAIN
        + "}]\noutput id string = account[0].id\noutput tier string = account[1].properties.accessTier"
    ),
    "a conditional loop": (
        ACCOUNT.replace("= {", "= [for (part, i) in list: if (part != '') {").replace("name: name", "name: part")
        + PLAIN
        + "}]"
    ),
    "dependsOn with a loop": (
        ACCOUNT.replace("= {", "= [for part in list: {").replace("name: name", "name: part")
        + PLAIN
        + "}]\nresource other 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {\n"
        "  name: name\n  location: location\n  dependsOn: [account]\n}"
    ),
    "an existing resource in another group": (
        "resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {\n"
        "  name: name\n  scope: resourceGroup('other')\n}\n"
        "output table string = account.properties.primaryEndpoints.table"
    ),
    "names from other names": (
        f"{ACCOUNT}{PLAIN}}}\nresource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\n"
        "  name: guid(account.id, account.name, name)\n  scope: account\n"
        "  properties: { principalId: name, principalType: 'ServicePrincipal', roleDefinitionId: name }\n}"
    ),
    "any kind of configuration": (
        "resource app 'Microsoft.Web/sites@2024-11-01' existing = {\n  name: name\n}\n"
        "resource config 'Microsoft.Web/sites/config@2024-11-01' = [for kind in ['web', 'logs']: {\n"
        "  parent: app\n  name: kind\n  properties: {}\n}]"
    ),
    "a name that a lambda hides": "var account = map(list, name => toLower(name))\noutput o array = account",
    "a variable by loop": "var account = [for name in list: { name: name }]\noutput o string = account[0].name",
    "a null of a type": "output o string? = open ? perhaps : null",
    "keys of an object": "output o array = items(tags)\noutput p array = map(items(tags), item => item.value)",
}


@pytest.mark.parametrize("name", GOOD)
def test_good_bicep_is_no_finding(name: str):
    project = Project({"infra/main.bicep": HEAD + GOOD[name] + USE})

    assert [told for check in CHECKS for told in check(project)] == []


def test_a_module_may_leave_out_what_has_a_default_or_may_be_null():
    module = (
        "@description('a')\nparam a string\n@description('b')\nparam b int = 1\n@description('c')\nparam c string?\n"
    )
    uses = "output all array = [a, b, c]\noutput a string = a\n"
    main = (
        "resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {\n  name: 'rg'\n  location: 'x'\n}\n"
        "module one 'modules/part.bicep' = {\n  scope: group\n  params: { a: 'x' }\n}\n"
        "module two './modules/part.bicep' = {\n  name: 'two'\n  scope: group\n"
        "  params: { a: one.outputs.a, b: 2, c: null }\n}\n"
        "module many 'modules/part.bicep' = [for i in range(0, 2): {\n  name: 'many${i}'\n  scope: resourceGroup('x')\n"
        "  params: { a: two.outputs.a, b: i }\n}]\n"
        "output MANY string = many[1].outputs.a\n"
    )

    project = sample.project(main, part=module + uses)

    assert [told for check in CHECKS for told in check(project)] == []


def test_values_that_only_azure_knows_fit_everywhere():
    body = {
        "properties": {"accessTier": deployment.Later("<x>"), "networkAcls": None, "isHnsEnabled": deployment.Later("")}
    }
    expression = deployment.expression(body, 1)

    assert [part for part in expression.inside() if type(part).__name__ == "Literal"] == []


def test_variables_that_name_each_other_end_no_check():
    project = sample.project("var a = b\nvar b = { x: a.x, y: c }\nvar c = c\noutput O object = { a: a, b: b.y.z }\n")

    assert [told for check in CHECKS for told in check(project)] == []  # the deployment on paper tells it
