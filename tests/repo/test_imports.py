"""Imports point one way (see lib/__init__.py), and cheap things stay cheap to import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTSIDE = {"msal", "requests", "aiohttp", "azure", "urllib3", "cryptography", "tzlocal", "tzdata"}

# Who may import what of lib, by folder or module; a name allows what is below it.
MAY_IMPORT = {
    "domain": {"domain"},
    "ports": {"domain", "ports"},
    "usecases": {"domain", "ports", "usecases"},
    "adapters": {"domain", "ports", "adapters"},
    "web": {"domain", "ports", "web", "settings", "setting_values", "telemetry"},
    "settings": {"domain", "setting_values"},
    "setting_values": {"domain"},
    "telemetry": set(),
    "bootstrap": {"settings", "adapters", "usecases", "ports", "bootstrap"},
}


def modules() -> list[Path]:
    return sorted((ROOT / "lib").rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Return every module that a file imports, also inside functions and for type checkers."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            module = node.module or ""
            found |= {f"{module}.{alias.name}" for alias in node.names} if module == "lib" else {module}
    return found


def part(module: str) -> str:
    """Return the part of lib that a module belongs to."""
    return module.split(".")[1]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path):
    where = path.relative_to(ROOT / "lib").with_suffix("").parts[0]
    if where == "__init__":
        assert imports(path) == set()
        return
    taken = {part(name) for name in imports(path) if name.startswith("lib.")}
    assert taken <= MAY_IMPORT[where], f"{path} imports {taken - MAY_IMPORT[where]}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_adapters_know_the_sdks_and_only_web_knows_azure_functions(path: Path):
    where = path.relative_to(ROOT / "lib").parts[0]
    names = {name for name in imports(path) if name.partition(".")[0] in OUTSIDE}
    if where == "adapters":
        assert not any(name.startswith("azure.functions") for name in names)
    elif where == "web":
        assert names <= {"azure.functions"}
    elif where == "bootstrap":
        # For type checkers only: the session that MSAL is given, the identity that the e-mail service is given.
        assert names <= {"requests", "azure.core.credentials_async"}
    else:
        assert names == set()


def test_the_domain_needs_the_standard_library_only():
    for path in (ROOT / "lib/domain").rglob("*.py"):
        for name in imports(path):
            top = name.partition(".")[0]
            assert top == "lib" or top in sys.stdlib_module_names, f"{path} imports {name}"


def test_nothing_under_lib_knows_of_tests_or_of_a_sandbox():
    for path in [*modules(), ROOT / "function_app.py"]:
        text = path.read_text(encoding="utf-8")
        assert "tests" not in {name.partition(".")[0] for name in imports(path)}
        assert "sandbox" not in text.lower(), path


def test_importing_the_app_imports_no_sdk():
    environment = {
        "PUBLIC_URL": "https://calendar.example",
        "KEY_VAULT_URL": "https://v.vault.azure.net",
        "TABLES_CONNECTION_STRING": "UseDevelopmentStorage=true",
        "PATH": "",
    }
    code = "import sys, function_app; print(*sorted(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    loaded = set(ran.stdout.split())
    for name in (
        "msal",
        "requests",
        "aiohttp",
        "azure.identity",
        "azure.data.tables",
        "azure.keyvault",
        "cryptography",
        "tzlocal",
    ):
        assert name not in loaded, name
