"""The deployment package holds what is needed, and nothing else of a developer's checkout."""

import shutil
import zipfile
from pathlib import Path

import pathspec
import pytest

from tests.package.building import Reading, as_azd, as_core_tools, build, packed

ROOT = Path(__file__).parents[2]
SMALL = 600 * 1024  # bytes; it is half of that
PACKED = {"function_app.py", "host.json", "requirements.txt", "lib"}
LEFT_OUT = {
    *(".ci", ".funcignore", ".git", ".github", ".gitignore", "azure.yaml", "docs", "infra", "LICENSE"),
    *("local.settings.sample.json", "Makefile", "pyproject.toml", "requirements-dev.txt", "tests", "tools"),
}
ALSO_LEFT_OUT = pathspec.GitIgnoreSpec.from_lines(["/*.md", "/*.svg", ".DS_Store"])
JUNK = (
    *(".env", ".env.local", ".envrc", "server.pem", "id_rsa", "private.key", "certificate.pfx", "secrets.json"),
    *("local.settings.json", "local.settings.production.json", "local.settings.json.bak", "appsettings.json"),
    *(".DS_Store", "Thumbs.db", "customers.csv", "host.log", "dump.sql", "old.zip"),
    *(".azure/config.json", ".azure/production/.env", ".azure/production/config.json"),
    *(".git/config", ".vscode/settings.json", ".idea/workspace.xml", ".github/workflows/ci.yml"),
    *("__azurite_db_table__.json", "__azurite_db_table_extent__.json", "__blobstorage__/1", "__queuestorage__/1"),
    *("AzuriteConfig", "azurite.log"),
    *(".venv/pyvenv.cfg", ".venv/lib/site.py", ".venv-uv/bin/uv", "venv/bin/activate", "env/lib/x.py"),
    *("__pycache__/function_app.cpython-313.pyc", ".pytest_cache/README.md", ".mypy_cache/x.json", ".hypothesis/x"),
    *("build/lib/x.py", "dist/x.whl", ".python_packages/lib/site-packages/x.py"),
    *(".ruff_cache/x", ".coverage", "htmlcov/index.html", ".setup.lock", "x.pyc"),
    *("README.md", "SECURITY.md", "architecture.svg", "docs/x.md", "infra/main.bicep", "azure.yaml", "Makefile"),
    *("tests/sandbox/stack.py", "tests/lib/x.py", "tools/setup.sh", "requirements-dev.txt", "pyproject.toml"),
    *("lib/__pycache__/settings.cpython-313.pyc", "lib/domain/__pycache__/fields.cpython-313.pyc", "lib/x.pyc"),
    *("lib/.env", "lib/web/.DS_Store", "lib/adapters/server.pem", "lib/domain/x.key", "lib/web/host.log"),
    *("lib/web/.ipynb_checkpoints/x.ipynb", "lib/local.settings.json", "lib.md"),
)
READINGS = pytest.mark.parametrize("reading", [as_azd, as_core_tools], ids=["azd", "core-tools"])


def wanted() -> set[str]:
    """Return what the package needs: the app, its folder, and whatever else lies in that folder for it."""
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())
    below = [path.relative_to(ROOT).as_posix() for path in (ROOT / "lib").rglob("*") if path.is_file()]
    return (PACKED - {"lib"}) | {path for path in below if not ignored.match_file(path)}


@READINGS
def test_the_package_has_what_is_needed_and_nothing_else(reading: Reading):
    found = packed(ROOT, reading)

    assert set(found) == wanted()
    assert len(found) > 100
    assert {"function_app.py", "host.json", "requirements.txt", "lib/settings.py"} <= set(found)


@READINGS
def test_nothing_that_lies_about_in_a_checkout_gets_into_the_package(tmp_path: Path, reading: Reading):
    for path in (*packed(ROOT, as_azd), ".funcignore"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    before = packed(tmp_path, reading)
    for path in JUNK:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("password")

    assert packed(tmp_path, reading) == before
    assert set(before) == wanted()


@READINGS
def test_a_file_that_no_rule_names_is_noticed(tmp_path: Path, reading: Reading):
    """The readings find junk; and why most rules stand there twice: Core Tools look for a plain name at the root."""
    for path in ("a.pem", "lib/__pycache__/x.pyc", ".env", "local.settings.json"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("password")
    (tmp_path / ".funcignore").write_text("__pycache__\n*.key\n")

    found = packed(tmp_path, reading)

    assert found == [".env", "a.pem", *(["lib/__pycache__/x.pyc"] if reading is as_core_tools else [])]


def test_somebody_decides_about_whatever_is_new_at_the_top():
    """Is it needed at run time? Then PACKED has to name it. Else .funcignore, and LEFT_OUT."""
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())
    for entry in ROOT.iterdir():
        name = entry.name
        if not ignored.match_file(f"{name}/" if entry.is_dir() else name) and not ALSO_LEFT_OUT.match_file(name):
            assert name in PACKED | LEFT_OUT, f"{name} is new: does the deployment package need it?"


def test_the_same_files_make_the_same_package(tmp_path: Path):
    first = build(ROOT, tmp_path / "first.zip")
    copy = tmp_path / "copy"
    for path in sorted((*packed(ROOT, as_azd), ".funcignore"), reverse=True):  # other times, another order
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy / path)

    again = build(copy, tmp_path / "again.zip", as_core_tools)

    assert again.read_bytes() == first.read_bytes()
    assert 50 * 1024 < first.stat().st_size < SMALL


def test_the_package_has_host_json_at_its_root_and_only_plain_files(tmp_path: Path):
    with zipfile.ZipFile(build(ROOT, tmp_path / "package.zip")) as package:
        assert package.testzip() is None
        assert package.read("host.json") == (ROOT / "host.json").read_bytes()
        assert all((entry.external_attr >> 16) & 0o170000 == 0o100000 for entry in package.infolist())
