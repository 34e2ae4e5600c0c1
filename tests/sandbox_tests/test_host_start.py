"""Starting, refusing to start, stopping."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.sandbox.host.process import HostProcess
from tests.sandbox_tests.test_host_http import EVERYTHING, expect_logged

CHECKOUT = Path(__file__).parents[2]
HEAD = """
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
"""
OK = "(req: func.HttpRequest) -> func.HttpResponse: return func.HttpResponse('ok')"
TIMER = "(timer: func.TimerRequest) -> None: pass"


def write_app(folder, code, http=None):
    (folder / "function_app.py").write_text(HEAD + code)
    (folder / "host.json").write_text(json.dumps({"version": "2.0", "extensions": {"http": http or {}}}))
    return folder


def refusal(app, environment=None):
    """Start a host that must refuse, and return what it said."""
    command = [sys.executable, "-m", "tests.sandbox.host", "--port", "0", "--app", str(app)]
    environment = {"PATH": os.environ["PATH"], **(environment or {})}
    ended = subprocess.run(
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    return ended.stderr


def status_of(url):
    try:
        with urllib.request.urlopen(url) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize(("http", "path"), [({}, "/api/hello"), ({"routePrefix": "v1/x"}, "/V1/x/hello")])
def test_the_route_prefix_of_host_json_counts(tmp_path, http, path):
    app = write_app(tmp_path, f"@app.route(route='hello')\nasync def hello{OK}\n", http)
    with HostProcess.start({}, app=app) as host:
        assert status_of(host.url + path) == 200
        assert status_of(host.url + "/hello") == 404


def test_the_text_of_an_exception_at_import_is_shown_without_a_traceback(tmp_path):
    code = "raise ValueError('PUBLIC_URL is missing.\\nKEY_VAULT_URL is not a URL.')"
    assert refusal(write_app(tmp_path, code)) == "PUBLIC_URL is missing.\nKEY_VAULT_URL is not a URL.\n"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (f"@app.route(route='a/{{x}}')\ndef one{OK}\n@app.route(route='A/{{y}}')\ndef two{OK}", "the same route"),
        (f"@app.route(route='a')\ndef same{OK}\n@app.route(route='b')\ndef same{OK}", "unique function name"),
        (f"@app.route(route='a')\ndef same{OK}\n@app.route(route='b')\ndef Same{OK}", "two functions named"),
        (f"@app.route(route='admin/x')\ndef one{OK}", "the host's own routes"),
        (f"@app.route(route='a/{{x:odd}}')\ndef one{OK}", "the constraint 'odd'"),
        (f"@app.timer_trigger(schedule='%WHEN%', arg_name='timer')\ndef tick{TIMER}", "setting WHEN is missing"),
        (f"@app.timer_trigger(schedule='0 7 * * *', arg_name='timer')\ndef tick{TIMER}", "5 fields instead of six"),
        (f"@app.timer_trigger(schedule='%BAD%', arg_name='timer')\ndef tick{TIMER}", "(%BAD%) of the function 'tick'"),
        ("@app.route(route='a')\ndef one(request: func.HttpRequest) -> func.HttpResponse: pass", "cannot load the one"),
        ("import no_such_module", "no_such_module"),
        ("raise SystemExit('enough')", "enough"),
        ("", "declares no functions"),
    ],
)
def test_what_azure_would_not_serve_is_refused_in_a_sentence(tmp_path, code, sentence):
    said = refusal(write_app(tmp_path, code), {"BAD": "0 0 25 * * *"})
    assert sentence in said
    assert "Traceback" not in said


def test_the_same_route_with_other_methods_is_another_function(tmp_path):
    code = f"@app.route('a', methods=['GET'])\ndef one{OK}\n@app.route('a', methods=['PUT'])\ndef two{OK}\n"
    with HostProcess.start({}, app=write_app(tmp_path, code)) as host:
        assert status_of(f"{host.url}/api/a") == 200


def test_a_disabled_function_is_not_served(tmp_path):
    code = f"@app.route('a')\ndef one{OK}\n"
    with HostProcess.start({"AzureWebJobs.one.Disabled": "true"}, app=write_app(tmp_path, code)) as host:
        assert status_of(f"{host.url}/api/a") == 404


def test_missing_files_are_named(tmp_path):
    assert "There is no host.json" in refusal(tmp_path)
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    assert "There is no function_app.py" in refusal(tmp_path)


def test_a_port_in_use_is_said_in_a_sentence(tmp_path):
    app = write_app(tmp_path, f"@app.route('a')\ndef one{OK}\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "tests.sandbox.host", "--port", str(taken.getsockname()[1]), "--app", str(app)]
        ended = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "Cannot listen on 127.0.0.1" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_host_that_refuses_raises_what_it_said(tmp_path):
    with pytest.raises(RuntimeError, match=r"ended with code 1:\nno way"):
        HostProcess.start({}, app=write_app(tmp_path, "raise ValueError('no way')"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_host_cleanly(tmp_path, number):
    app = write_app(tmp_path, f"@app.route('a')\ndef one{OK}\n")
    host = HostProcess.start({}, app=app)
    host._process.send_signal(number)
    assert host._process.wait(10) == 0
    assert host.stop() == 0
    assert host.stderr_text() == ""


async def test_a_function_that_blocks_for_ever_does_not_keep_the_host(tmp_path):
    code = f"""
import os, time
@app.route('blocks')
async def blocks(req: func.HttpRequest) -> func.HttpResponse:
    os.write(2, b"blocking\\n")
    time.sleep(600)
    os.write(2, b"not reached")
@app.route('a')
async def one{OK}
"""
    with HostProcess.start({}, app=write_app(tmp_path, code)) as host:
        address = ("127.0.0.1", int(host.url.rpartition(":")[2]))
        with socket.create_connection(address) as caller:
            caller.sendall(b"GET /api/blocks HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await expect_logged(host, "blocking")
            assert host.stop() == 0


async def test_asyncios_debug_mode_reports_a_function_that_blocks_and_only_that():
    environment = {"EVERY_SO_OFTEN": "0 0 0 1 1 *", "PYTHONASYNCIODEBUG": "1"}
    with HostProcess.start(environment, app=EVERYTHING) as host:
        assert "asyncio" not in host.stderr_text()
        assert status_of(f"{host.url}/blocks") == 200
        await expect_logged(host, "WARNING asyncio Executing <Task finished name='blocks'")
