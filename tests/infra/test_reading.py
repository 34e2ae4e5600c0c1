"""Bicep's expressions mean here what they mean in Bicep."""

import pytest

from tests.infra import sample
from tests.infra.bicep.template import parse
from tests.infra.paper.values import DeploymentError

DECLARED = """
param yes bool = true
param no bool = false
param list array = ['a', 'b', 'c']
param nothing string?
var thing = { name: 'x', inner: { list: [1, 2], 'a-b': 3 } }
"""
EXPRESSIONS = {
    "1 + 2 * 3": 7,
    "(1 + 2) * 3": 9,
    "10 - 4 - 3": 3,
    "-1 + 2": 1,
    "7 / 2": 3,
    "7 % 2 == 1": True,
    "!no && yes": True,
    "no && no || yes": True,
    "no || yes && no": False,
    "1 < 2 == true": True,
    "'a' =~ 'A'": True,
    "'a' !~ 'A'": False,
    "yes ? 'b' : 'c'": "b",
    "no ? 1 : yes ? 2 : 3": 2,
    "no ? thing : thing.inner": {"list": [1, 2], "a-b": 3},
    "no ? thing.name : thing.inner.list[1]": 2,
    "(no ? thing : thing.inner).list[0]": 1,
    "!empty(list) && length(list) > 2": True,
    "nothing ?? 'x'": "x",
    "nothing ?? thing.name": "x",
    "thing.?other ?? thing.inner['a-b']": 3,
    "thing.?other.deeper ?? 'none'": "none",
    "list[?9] ?? 'none'": "none",
    "thing!.name": "x",
    "[for (item, i) in list: '${item}${i}']": ["a0", "b1", "c2"],
    "[for item in list: { name: item }]": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
    "map(list, item => toUpper(item))": ["A", "B", "C"],
    "map(list, item => yes ? item : 'x')": ["a", "b", "c"],
    "filter(list, item => item != 'b' && item != 'c')": ["a"],
    "filter(list, (item, i) => item == 'b')": ["b"],
    "toObject(list, item => item, item => length(item))": {"a": 1, "b": 1, "c": 1},
    "[toUpper('a'), concat('b', 'c')]": ["A", "BC".lower()],
    "[\n  toUpper('a')\n  thing.inner.list[0]\n  list[1]\n]": ["A", 1, "b"],
    "[\n  thing.name\n  ['inner']\n  (yes ? 1 : 2)\n]": ["x", ["inner"], 1],
    "[thing.name, -1, {}]": ["x", -1, {}],
    "yes\n  ? 'b'\n  : 'c'": "b",
    "{ a: 1, 'b-c': 2, '${list[0]}d': 3 }": {"a": 1, "b-c": 2, "ad": 3},
    "{\n  a: yes ? 1 : 2 // one\n  b: [] /* none */\n}": {"a": 1, "b": []},
    "'it\\'s \\${list} \\u{41}\\n'": "it's ${list} A\n",
    "'${thing.name}-${yes ? 'y' : 'n'}-${'${list[0]}'}'": "x-y-a",
    "'''\nas ${it} is: 'x'\n'''": "as ${it} is: 'x'\n",
    "''": "",
    "sys.concat('a', 'b')": "ab",
    "az.subscription().tenantId == tenant().tenantId": True,
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_has_its_value(text: str):
    found = sample.value(text, DECLARED)

    assert found == EXPRESSIONS[text]
    assert type(found) is type(EXPRESSIONS[text])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("var a = 'x\nvar b = 1\n", 1, ""),
        ("var a = {\n  b: 1\n", 1, ""),
        ("var a = [1 2]\n", 1, "comma or a new line"),
        ("var a = { b: 1 c: 2 }\n", 1, ""),
        ("var a = f(1,\n", 1, ""),
        ("var a = \n", 1, ""),
        ("var a = 1 +\n", 1, ""),
        ("var b = 1\nvar a = b ? 1\n", 2, "no Bicep"),
        ("var b = 1\nvar a == b\n", 2, ""),
        ("parm a string\n", 1, ""),
        ("param a strings\n", 1, "the type `strings`"),
        ("resource a 'x@1' {\n}\n", 1, ""),
        ("var a = { ...b }\n", 1, ""),
        ("import { a } from 'b.bicep'\n", 1, "do not read `import`"),
        ("func f() string => 'x'\n", 1, "do not read `func`"),
        ("resource a 'x@1' = {\n  resource b 'y' = {\n    name: 'c'\n  }\n}\n", 2, ""),
    ],
)
def test_what_is_no_bicep_or_is_not_read_is_told_with_its_line(text: str, line: int, words: str):
    faults = parse("x.bicep", text).faults

    assert faults
    assert f"x.bicep:{line}: " in faults[0] or f"x.bicep:{line}: " in faults[-1], faults
    assert any(words in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("before", "expression", "words"),
    [
        ("var a = b\nvar b = a", "a", "depends on itself"),
        ("var a = { x: a.y }", "a", "depends on itself"),
        ("param a string", "a", "is not given"),
        ("param a string = 'xyz'\n", "a[0].b", "there is no `b`"),
        ("@maxLength(2)\nparam a string = 'xyz'", "a", "may not be 'xyz'"),
        ("@allowed([1, 2])\nparam a int = 3", "a", "may not be 3"),
        ("var a = {}", "a.b", "there is no `b`"),
        ("var a = null", "a.b", "not made"),
        ("", "missing", "is not declared"),
        ("", "padLeft('a')", "fails"),
    ],
)
def test_what_would_stop_a_deployment_stops_it_on_paper(before: str, expression: str, words: str):
    with pytest.raises(DeploymentError, match=r"infra/main\.bicep:\d+: .*" + words):
        sample.value(expression, before)
