"""What a secret has besides its value, and the rules for it (facts 12.1)."""

import re
from typing import Any

from tests.sandbox.microsoft.vault.errors import bad_parameter
from tests.sandbox.world.secrets import SecretVersion

_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_MOST_TAGS, _LONGEST_TAG, _LONGEST_TYPE = 15, 512, 255


def check_name(name: str) -> None:
    """Refuse a name that a secret cannot have. Raises VaultError."""
    if not _NAME.fullmatch(name):
        raise bad_parameter("The name of a secret must match ^[0-9a-zA-Z-]{1,127}$.")


def apply(version: SecretVersion, body: dict[str, Any]) -> None:
    """Set what the body gives of content type, tags and attributes, all of it checked first."""
    content_type = body.get("contentType", version.content_type)
    tags = body.get("tags") if body.get("tags") is not None else version.tags
    attributes = body.get("attributes") or {}
    if content_type is not None and (not isinstance(content_type, str) or len(content_type) > _LONGEST_TYPE):
        raise bad_parameter(f"contentType must be a string of at most {_LONGEST_TYPE} characters.")
    if not isinstance(tags, dict) or len(tags) > _MOST_TAGS:
        raise bad_parameter(f"A secret has at most {_MOST_TAGS} tags.")
    if not all(isinstance(v, str) and len(k) <= _LONGEST_TAG and len(v) <= _LONGEST_TAG for k, v in tags.items()):
        raise bad_parameter(f"Names and values of tags are strings of at most {_LONGEST_TAG} characters.")
    if not isinstance(attributes, dict) or not isinstance(attributes.get("enabled", True), bool | None):
        raise bad_parameter("attributes.enabled must be true or false.")
    for name in ("nbf", "exp"):
        if not isinstance(attributes.get(name), int | None):
            raise bad_parameter(f"attributes.{name} must be a number of seconds.")
    version.content_type, version.tags = content_type, dict(tags)
    if attributes.get("enabled") is not None:
        version.enabled = attributes["enabled"]
    version.not_before = attributes.get("nbf", version.not_before)
    version.expires = attributes.get("exp", version.expires)
