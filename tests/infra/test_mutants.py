"""The checks can fail: each mistake of `mutants` is made in the real templates, and has to be told."""

import re

import pytest

from tests.infra.checks import CHECKS
from tests.infra.mutants import MUTANTS
from tests.infra.project import real


@pytest.mark.parametrize(("check", "name"), [(check, name) for check, several in MUTANTS.items() for name in several])
def test_a_mistake_is_told(check: str, name: str):
    path, old, new, words = MUTANTS[check][name]

    findings = CHECKS[check](real().changed(path, old, new))

    assert [told for told in findings if words in told], findings
    for told in findings:
        assert re.match(r"[\w./-]+:\d+: \S", told), f"no file, line and sentence: {told}"


def test_every_check_has_mistakes_to_find():
    assert set(MUTANTS) == set(CHECKS)
    assert all(len(several) >= 4 for several in MUTANTS.values())
