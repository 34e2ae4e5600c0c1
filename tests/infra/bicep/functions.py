"""Bicep's functions: how many arguments each takes and what it returns.

Source: learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions and its pages, of 2026. A function that
is not here is told as unknown; add it with its arity from there.
"""

from typing import NamedTuple


class Function(NamedTuple):
    """A function: least and most arguments, and what it returns (`any` where that depends)."""

    least: int
    most: int
    returns: str


_MANY = 99
FUNCTIONS = {
    "any": Function(1, 1, "any"),
    "array": Function(1, 1, "array"),
    "base64": Function(1, 1, "string"),
    "bool": Function(1, 1, "bool"),
    "cidrHost": Function(2, 2, "string"),
    "cidrSubnet": Function(3, 3, "string"),
    "coalesce": Function(1, _MANY, "any"),
    "concat": Function(1, _MANY, "any"),
    "contains": Function(2, 2, "bool"),
    "deployer": Function(0, 0, "object"),
    "deployment": Function(0, 0, "object"),
    "empty": Function(1, 1, "bool"),
    "endsWith": Function(2, 2, "bool"),
    "environment": Function(0, 0, "object"),
    "extensionResourceId": Function(3, _MANY, "string"),
    "filter": Function(2, 2, "array"),
    "first": Function(1, 1, "any"),
    "flatten": Function(1, 1, "array"),
    "format": Function(2, _MANY, "string"),
    "guid": Function(1, _MANY, "string"),
    "indexOf": Function(2, 2, "int"),
    "int": Function(1, 1, "int"),
    "intersection": Function(2, _MANY, "any"),
    "items": Function(1, 1, "array"),
    "join": Function(2, 2, "string"),
    "json": Function(1, 1, "any"),
    "last": Function(1, 1, "any"),
    "length": Function(1, 1, "int"),
    "loadFileAsBase64": Function(1, 1, "string"),
    "loadJsonContent": Function(1, 3, "any"),
    "loadTextContent": Function(1, 2, "string"),
    "map": Function(2, 2, "array"),
    "max": Function(1, _MANY, "int"),
    "min": Function(1, _MANY, "int"),
    "newGuid": Function(0, 0, "string"),
    "objectKeys": Function(1, 1, "array"),
    "padLeft": Function(2, 3, "string"),
    "range": Function(2, 2, "array"),
    "reduce": Function(3, 3, "any"),
    "replace": Function(3, 3, "string"),
    "resourceGroup": Function(0, 2, "object"),
    "resourceId": Function(2, _MANY, "string"),
    "skip": Function(2, 2, "any"),
    "sort": Function(2, 2, "array"),
    "split": Function(2, 2, "array"),
    "startsWith": Function(2, 2, "bool"),
    "string": Function(1, 1, "string"),
    "subscription": Function(0, 1, "object"),
    "subscriptionResourceId": Function(2, _MANY, "string"),
    "substring": Function(2, 3, "string"),
    "take": Function(2, 2, "any"),
    "tenant": Function(0, 0, "object"),
    "tenantResourceId": Function(2, _MANY, "string"),
    "toLower": Function(1, 1, "string"),
    "toObject": Function(2, 3, "object"),
    "toUpper": Function(1, 1, "string"),
    "trim": Function(1, 1, "string"),
    "union": Function(2, _MANY, "any"),
    "uniqueString": Function(1, _MANY, "string"),
    "uri": Function(2, 2, "string"),
    "uriComponent": Function(1, 1, "string"),
    "utcNow": Function(0, 1, "string"),
}
ONLY_AS_DEFAULT = {"newGuid", "utcNow"}  # of a parameter
NAMESPACES = {"sys", "az"}
METHODS = {"getSecret"}  # and everything that begins with `list`

# Decorators: least and most arguments, and what they may stand on (params also by type).
DECORATORS = {
    "allowed": (1, 1, {"param"}),
    "batchSize": (1, 1, {"resource", "module"}),
    "description": (1, 1, {"param", "var", "resource", "module", "output"}),
    "maxLength": (1, 1, {"param", "output"}),
    "maxValue": (1, 1, {"param", "output"}),
    "metadata": (1, 1, {"param", "output"}),
    "minLength": (1, 1, {"param", "output"}),
    "minValue": (1, 1, {"param", "output"}),
    "onlyIfNotExists": (0, 0, {"resource"}),
    "secure": (0, 0, {"param", "output"}),
}
LIMITS_BY_TYPE = {
    "minLength": ("string", "array"),
    "maxLength": ("string", "array"),
    "minValue": ("int",),
    "maxValue": ("int",),
    "secure": ("string", "object"),
}
