"""SECURITY.md stays true: the tests it names exist, its links lead somewhere, and every outside host is in it."""

import ast
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from lib.domain.clouds import CLOUDS
from lib.settings import NAMES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", TEXT)))
SECTIONS = (
    "Reporting a vulnerability",
    "What is protected",
    "Boundaries",
    "Who attacks, what stops them, and which test shows it",
    "What it does not protect against",
    "Outside services, and what they are told",
    "What is kept, and for how long",
    "Cryptography",
    "OWASP ASVS 5.0",
)
ATTACKERS = (
    "Another customer",
    "A recruiter or another user of the same customer",
    "A stranger on the internet",
    "A mail scanner, or anything else that opens links",
    "Somebody who reads tables, logs or backups",
    "Somebody who writes tables",
    "A stolen function key, or a compromised ATS",
    "A false Microsoft, or somebody on the network",
    "A careless or dishonest administrator of a customer",
    "The supply chain and the deployment",
)


def section(title: str) -> str:
    """Return what stands below a heading of the second or third level, up to the next one."""
    body = re.split(rf"^###? {re.escape(title)}$", TEXT, flags=re.MULTILINE)[1]
    return re.split(r"^###? ", body, flags=re.MULTILINE)[0]


def rows(title: str) -> list[list[str]]:
    """Return the cells of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


@cache
def defined_in(path: str) -> frozenset[str]:
    """Return the names of a file's tests, those in classes included."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("named", TESTS)
def test_every_test_that_is_named_exists(named: str):
    path, _, name = named.partition("::")

    assert name.startswith("test_")
    assert (ROOT / path).is_file(), path
    assert name in defined_in(path)


def test_tests_are_named_in_the_one_form_that_is_checked():
    assert len(TESTS) > 80
    mentioned = re.findall(r"\btest_\w+", TEXT)
    checked = [
        part for named in re.findall(r"`(tests/[\w/]+\.py::\w+)`", TEXT) for part in re.findall(r"test_\w+", named)
    ]

    assert sorted(mentioned) == sorted(checked)


@pytest.mark.parametrize("title", SECTIONS)
def test_every_section_is_there_and_says_something(title: str):
    below = TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]

    assert len(below) > 300


@pytest.mark.parametrize("title", ATTACKERS)
def test_whatever_an_attacker_tries_is_stopped_by_something_that_a_test_shows(title: str):
    found = rows(title)

    assert len(found) >= 2
    for attempt, stopped_by, shown_by in found:
        assert len(attempt) > 10
        assert len(stopped_by) > 8
        assert re.fullmatch(r"`tests/[\w/]+\.py::\w+`(<br>`tests/[\w/]+\.py::\w+`)*", shown_by), shown_by


def test_every_requirement_of_the_standard_that_is_claimed_has_a_test():
    found = rows("OWASP ASVS 5.0")

    assert len(found) > 15
    for requirement, _, shown_by in found:
        assert re.match(r"[0-9]+\.[0-9]+\.[0-9]+", requirement)
        assert "::test_" in shown_by


def test_links_lead_somewhere():
    headings = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in TEXT.splitlines()}
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)

    assert "docs/architecture.svg" in targets
    for target in targets:
        assert target[1:] in headings if target.startswith("#") else (ROOT / target).is_file(), target


def test_every_address_that_needs_no_key_is_named():
    app = (ROOT / "function_app.py").read_text(encoding="utf-8")
    anonymous = [found[1] for found in re.finditer(r'^@route\("([^"]+)"[^\n]*key=False', app, flags=re.MULTILINE)]

    assert len(anonymous) >= 3
    for path in anonymous:
        assert f"`/{path}`" in section("Boundaries"), path


def test_the_picture_can_be_read_without_seeing_it_and_needs_nothing_from_elsewhere():
    picture = (ROOT / "docs/architecture.svg").read_text(encoding="utf-8")
    tree = ElementTree.fromstring(picture)

    for name in ("title", "desc"):
        assert len(tree.findtext(f"{{http://www.w3.org/2000/svg}}{name}") or "") > 20
    assert re.findall(r"https?://[^\"]+", picture) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|@import|@font-face|<image|<script", picture)
    assert "prefers-color-scheme: dark" in picture


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_every_host_that_is_contacted_is_named(cloud):
    told = section("Outside services, and what they are told")
    hosts = {urlsplit(url).netloc for url in (cloud.entra_url, cloud.graph_url, cloud.portal_url)} | cloud.sign_in_hosts

    for host in hosts:
        assert f"`{host}`" in told, host


def test_every_setting_that_says_where_to_connect_is_named():
    """Addresses of the deployment itself, and of pages for browsers, are not such settings."""
    own = {"PUBLIC_URL", "REDIRECT_URIS", "OTHER_REDIRECT_URIS", "RETURN_URLS"}
    leading_out = {name for name in NAMES if re.search(r"_URL|_ENDPOINT|_STRING|_HOST|_CLOUD|URI", name)} - own

    assert {"ENTRA_URL", "TABLES_ENDPOINT", "EMAIL_URL", "AZURE_AUTHORITY_HOST"} <= leading_out
    for name in leading_out:
        assert f"`{name}`" in section("Outside services, and what they are told"), name


def test_every_table_is_told():
    names = {
        found[1]
        for path in (ROOT / "lib/adapters").glob("*.py")
        if (found := re.search(r'^TABLE = "(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE))
    }

    assert len(names) >= 5
    for name in names:
        assert f"`{name}`" in section("What is kept, and for how long")
