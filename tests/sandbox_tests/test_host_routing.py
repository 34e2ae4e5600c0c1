"""Route templates and paths, without a process."""

import pytest

from tests.sandbox.host.errors import HostError
from tests.sandbox.host.http_requests import decode_path, key_in_query, parse_query, split_target
from tests.sandbox.host.routing import parse_template


@pytest.mark.parametrize(
    ("template", "path", "parameters"),
    [
        ("customers/{customer}/calendar", "customers/acme/calendar", {"customer": "acme"}),
        ("customers/{customer}/calendar", "Customers/Acme/CALENDAR", {"customer": "Acme"}),
        ("customers/{customer}/calendar", "customers/acme/calendar/", {"customer": "acme"}),
        ("customers/{customer}/calendar", "customers//calendar", None),
        ("customers/{customer}/calendar", "customers/a/b/calendar", None),
        ("a/{b?}", "a", {}),
        ("a/{b?}", "a/1", {"b": "1"}),
        ("a/{b?}", "a/1/2", None),
        ("a/{b=7}", "a", {"b": "7"}),
        ("files/{*rest}", "files/x/y%2Fz", {"rest": "x/y%2Fz"}),
        ("files/{*rest}", "files", {}),
        ("report-{year:int}.{kind}", "report-2026.csv", {"year": "2026", "kind": "csv"}),
        ("graph/microsoft.graph.getSchedule", "graph/microsoftxgraphxgetschedule", None),
        ("{action:regex(^(microsoft\\.graph\\.)?getSchedule$)}", "Microsoft.Graph.getschedule", {"action": "…"}),
        ("{action:regex(^(microsoft\\.graph\\.)?getSchedule$)}", "getScheduler", None),
        ("{code:regex(^\\d{{3}}$)}", "123", {"code": "…"}),
        ("{code:regex(^\\d{{3}}$)}", "1234", None),
    ],
)
def test_a_template_matches_paths_as_asp_net_does(template, path, parameters):
    found = parse_template(template).match(path)
    if parameters and "…" in parameters.values():
        parameters = dict.fromkeys(parameters, path)
    assert found == parameters


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("int", "-42", "2147483648"),
        ("int", "7", "seven"),
        ("guid", "0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b"),
        ("guid", "{0F8FAD5Bd9cb469fa16570867728950e}".strip("{}"), "0f8fad5b-d9cb-469f-a165-70867728950g"),
        ("alpha", "abcXYZ", "abc1"),
        ("minlength(3)", "abc", "ab"),
        ("maxlength(3)", "abc", "abcd"),
        ("length(3)", "abc", "ab"),
        ("length(2,3)", "ab", "abcd"),
        ("int:range(1,12)", "12", "13"),
        ("min(5)", "5", "4"),
        ("bool", "True", "yes"),
    ],
)
def test_a_constraint_lets_only_fitting_values_through(constraint, good, bad):
    template = parse_template(f"x/{{value:{constraint}}}")
    assert template.match(f"x/{good}") == {"value": good}
    assert template.match(f"x/{bad}") is None


@pytest.mark.parametrize("template", ["a/{b", "a/b}", "{a}/{A}", "{a:unheard_of}", "{a:length(x)}", "{a:regex([)}"])
def test_a_wrong_template_is_refused_in_a_sentence(template):
    with pytest.raises(HostError, match="route template"):
        parse_template(template)


def test_the_route_prefix_comes_before_every_route():
    assert parse_template("echo", "api").match("api/echo") == {}
    assert parse_template("echo", "api").match("echo") is None


def test_more_literal_templates_sort_first():
    texts = ["{*rest}", "a/{b}", "a/b", "a/{b:int}", "{x}/b"]
    assert sorted(texts, key=lambda text: parse_template(text).precedence) == [
        "a/b",
        "a/{b:int}",
        "a/{b}",
        "{x}/b",
        "{*rest}",
    ]


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [
        ("/a%20b", "/a b"),
        ("/J%C3%BCrgen", "/Jürgen"),
        ("/a%2Fb", "/a%2Fb"),
        ("/a%2fb%20c", "/a%2fb c"),
        ("/a%252Fb", "/a%2Fb"),
        ("/a%FFb", "/a%FFb"),
        ("/a%zz", "/a%zz"),
        ("/a/../b", "/b"),
        ("/a/%2e%2E/b", "/b"),
        ("/a/./b/..", "/a/"),
        ("/../../a", "/a"),
        ("/a/..%2Fb", "/a/..%2Fb"),
        ("/a/.b", "/a/.b"),
        ("/a%00", None),
        ("*", None),
    ],
)
def test_a_path_is_decoded_once_and_loses_its_dot_segments(raw, decoded):
    assert decode_path(raw) == decoded


def test_a_request_target_may_be_absolute():
    assert split_target("http://localhost:1/a/b?c=d?e") == ("/a/b", "c=d?e")
    assert split_target("/a") == ("/a", "")


def test_query_values_arrive_as_azure_hands_them_to_python():
    assert parse_query("a=1&A=2&b=&c&d=x%2By+z") == {"a": "1,2", "d": "x+y z"}


def test_the_key_is_the_first_code_parameter():
    assert key_in_query("CODE=one&code=two") == "one"
    assert key_in_query("state=code") is None
