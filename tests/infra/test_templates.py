"""The Bicep templates, checked without Azure and without Bicep's compiler, which comes in no package.

Each finding says file, line and what is wrong. What these checks cannot see, only a deployment shows: whether Azure has
a name left, a region a service, a subscription a quota.
"""

import pytest

from tests.infra.bicep.schemas import TYPES, schemas
from tests.infra.bicep.template import Declaration, Template
from tests.infra.checks import CHECKS
from tests.infra.paper.cases import attempts
from tests.infra.project import real


@pytest.mark.parametrize("name", CHECKS)
def test_the_templates_have_no_findings(name: str):
    assert CHECKS[name](real()) == []


def resources() -> list[tuple[Template, Declaration]]:
    return [(it, found) for it in real().templates.values() for found in it.of("resource").values()]


def test_the_checks_have_something_to_look_at():
    assert len(real().templates) >= 10
    assert len(resources()) >= 30
    assert len(attempts(real())) >= 17, "the deployments on paper, those of the prepared stages too"


def test_every_type_is_used_in_one_version_and_a_service_in_one_too():
    versions: dict[str, set[str]] = {}
    for _, resource in resources():
        kind, _, version = resource.target.partition("@")
        versions.setdefault("/".join(kind.split("/")[:2]), set()).add(version)
    assert {service: found for service, found in versions.items() if len(found) > 1} == {}


def test_no_type_is_kept_that_nothing_uses():
    used = {resource.resource_type.lower() for _, resource in resources()}
    assert sorted(set(schemas()) - used) == [], "take them out of dump_types.py and delete their files"


def test_the_types_come_with_microsofts_licence():
    text = (TYPES / "LICENSE").read_text(encoding="utf-8")
    assert "Copyright (c) Microsoft Corporation" in text
    assert "MIT License" in text
