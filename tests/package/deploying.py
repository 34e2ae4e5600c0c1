"""What a build server makes of the package: it is unpacked, and a Python gets what requirements.txt lists."""

import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.package.building import build

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Deployment:
    """The package as it runs.

    `app` is the unpacked package, `python` the interpreter with its requirements, `host` a folder that has the
    sandbox's host and nothing else of this checkout.
    """

    app: Path
    python: Path
    host: Path


def deploy(folder: Path) -> Deployment:
    """Build the package, unpack it in this bare folder and install its requirements there: about half a minute."""
    with zipfile.ZipFile(build(ROOT, folder / "package.zip")) as package:
        package.extractall(folder / "app")
    return Deployment(folder / "app", _install(folder), _copy_host(folder / "host"))


def _install(folder: Path) -> Path:
    """Make a virtual environment with the requirements of the package; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    installed = subprocess.run(
        [*pip, "-r", folder / "app" / "requirements.txt"], capture_output=True, text=True, check=False, cwd=folder
    )
    assert installed.returncode == 0, f"pip could not install requirements.txt:\n{installed.stdout}{installed.stderr}"
    return python


def _copy_host(to: Path) -> Path:
    """Copy the sandbox's host with the packages that it lies in, so that `lib` is nowhere but in the package."""
    for part in ("tests/__init__.py", "tests/sandbox/__init__.py"):
        (to / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / part, to / part)
    shutil.copytree(
        ROOT / "tests/sandbox/host", to / "tests/sandbox/host", ignore=shutil.ignore_patterns("__pycache__")
    )
    return to
