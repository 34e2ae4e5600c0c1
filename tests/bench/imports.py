"""Figure 3: importing the function app, against importing the libraries that any such app needs."""

import os
import subprocess
import sys

from tests.bench.place import CHECKOUT, Place
from tests.bench.report import Result, median, ms, progress, table, wrong

_ROUNDS = 12
_AIM = 1.25
_APP = "function_app"
_LIBRARIES = "azure.functions, requests, msal, aiohttp"
_ALL = "function_app and what its first call imports"

_WORK = {
    _APP: "import function_app",
    _LIBRARIES: f"import {_LIBRARIES}",
    _ALL: "import function_app, importlib, pkgutil, lib.adapters, msal\n"
    "for found in pkgutil.iter_modules(lib.adapters.__path__): importlib.import_module('lib.adapters.' + found.name)",
}
_CODE = "import time; began = time.perf_counter()\n{}\nprint(time.perf_counter() - began)"


def measure(place: Place) -> tuple[Result, float]:
    """Return the result, and the seconds that importing the libraries takes."""
    progress(f"figure 3: {_ROUNDS} rounds of imports, each in a new interpreter")
    times: dict[str, list[float]] = {name: [] for name in _WORK}
    names = list(_WORK)
    for number in range(-1, _ROUNDS):  # the first round compiles and is not counted
        for name in names if number % 2 else reversed(names):
            seconds = _seconds(place, _WORK[name])
            if number >= 0:
                times[name].append(seconds)
    medians = {name: median(times[name]) for name in names}
    baseline = medians[_LIBRARIES]
    table(
        f"3. Import time, {_ROUNDS} interleaved rounds in new interpreters",
        ("import", "median ms", "fastest ms", "ratio to the libraries"),
        [(name, ms(medians[name]), ms(min(times[name])), f"{medians[name] / baseline:.2f}") for name in names],
    )
    ratio = medians[_APP] / baseline
    return Result("import of function_app : of its libraries", f"<= {_AIM}", f"{ratio:.2f}", ratio <= _AIM), baseline


def _seconds(place: Place, work: str) -> float:
    """Run the imports in a new interpreter with the function app's settings and return how long they took."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, "-c", _CODE.format(work)]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=inherited | place.environment(), capture_output=True, text=True, timeout=60
    )
    if done.returncode:
        wrong(f"An import failed:\n{done.stderr}")
    return float(done.stdout)
