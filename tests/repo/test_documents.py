"""What is written about the project stays true: settings, routes, packaging."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from lib.settings import NAMES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SAMPLE = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]
PLATFORM = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}  # the Functions host's own


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_in_the_readme_and_in_the_sample(name: str):
    assert f"`{name}`" in README
    assert name in SAMPLE


def test_the_sample_and_the_readme_have_no_setting_that_does_not_exist():
    assert set(SAMPLE) - PLATFORM == set(NAMES)
    table = README.split("| Setting | Meaning |", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"`([A-Z][A-Z_]+)`", table)) == set(NAMES)


def test_only_the_settings_module_and_the_app_read_the_environment():
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in [*(ROOT / "lib").rglob("*.py"), ROOT / "function_app.py"]
        if re.search(r"\benviron\b|\bgetenv\b", path.read_text(encoding="utf-8"))
    ]
    assert readers == ["function_app.py"], "function_app.py hands the environment to lib.settings"


def test_every_route_is_in_the_readme():
    routes = re.findall(r'route\(\s*"([^"]+)"', (ROOT / "function_app.py").read_text(encoding="utf-8"))
    assert len(routes) >= 9
    for route in routes:
        assert route.replace("microsoft.graph.", "") in README, route


def test_the_host_has_no_route_prefix_and_keeps_no_record_of_urls():
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))

    assert host["extensions"]["http"]["routePrefix"] == ""
    assert host["logging"]["logLevel"]["Host.Results"] == "None"


def test_no_line_is_sampled_away():
    """The alert on a missing line `secretScan` would go off by chance."""
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))

    assert host["logging"]["applicationInsights"]["samplingSettings"] == {"isEnabled": False}


def test_every_package_is_pinned_exactly():
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            wanted = line.partition("#")[0].strip()
            if wanted and not wanted.startswith("-r"):
                assert re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.]+", wanted), f"{name}: {line}"


def test_lock_files_name_no_registry():
    lock = (ROOT / "tests/sandbox/node/package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock


def test_ci_runs_what_the_readme_tells_a_newcomer_to_run():
    assert "make test" in README
    assert (ROOT / ".ci/run").read_text(encoding="utf-8").rstrip().endswith("make test")


def test_every_module_is_short():
    for path in [*(ROOT / "lib").rglob("*.py"), ROOT / "function_app.py"]:
        assert path.read_text(encoding="utf-8").count("\n") <= 300, path


def test_every_target_of_the_makefile_is_explained_in_the_readme():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("setup", "demo", "run", "test", "bench"):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
        assert f"make {target}" in README


def test_every_tool_script_is_valid_shell():
    for script in (ROOT / "tools").glob("*.sh"):
        assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0, script
