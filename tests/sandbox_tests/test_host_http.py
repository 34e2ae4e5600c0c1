"""HTTP functions through a running host."""

import asyncio
import io
from http.cookies import SimpleCookie
from pathlib import Path

import aiohttp
import pytest

from tests.sandbox.host.process import HostProcess

EVERYTHING = Path(__file__).parent / "host_apps" / "everything"
DEADLINE_SECONDS = 20.0


@pytest.fixture(scope="module")
def host():
    with HostProcess.start({"EVERY_SO_OFTEN": "0 0 0 1 1 *"}, app=EVERYTHING) as process:
        yield process


@pytest.fixture
async def browser(host):
    async with aiohttp.ClientSession(host.url, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def expect_logged(host, text):
    async with asyncio.timeout(DEADLINE_SECONDS):
        while text not in host.stderr_text():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)


async def raw_exchange(host, target):
    """Send a request target as it stands, which clients would tidy up, and return the status line."""
    reader, writer = await asyncio.open_connection("localhost", int(host.url.rpartition(":")[2]))
    writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode()


async def test_a_get_is_answered_with_what_the_function_saw(browser, host):
    headers = [("X-Twice", "a"), ("X-Twice", "b"), ("X-Empty", "")]
    async with browser.get("/echo?q=1&q=2&code=any-code&empty=", headers=headers) as response:
        seen = await response.json()
    assert response.status == 200
    assert seen["method"] == "GET"
    assert seen["url"] == f"{host.url}/echo?q=1&q=2&code=any-code&empty="
    assert seen["params"] == {"q": "1,2", "code": "any-code"}
    assert seen["headers"]["x-twice"] == "a,b"
    assert seen["headers"]["x-empty"] == ""


async def test_both_addresses_of_localhost_are_served(host, browser):
    port = host.url.rpartition(":")[2]
    async with browser.get(f"http://127.0.0.1:{port}/echo") as response:
        assert response.status == 200
    try:
        async with browser.get(f"http://[::1]:{port}/echo") as response:
            assert response.status == 200
    except aiohttp.ClientConnectorError:
        pytest.skip("no IPv6 on this machine")


async def test_literal_routes_win_over_parameters_and_azures_other_order_is_told(browser, host):
    async with browser.get("/items/recent") as response:
        assert (await response.json())["function"] == "recent_items"
    assert "there, 'a_item' would take paths of 'recent_items'" in host.stderr_text()


@pytest.mark.parametrize(
    ("target", "function", "parameter"),
    [
        ("/ITEMS/a%20b", "a_item", "a b"),
        ("/items/a%2Fb", "a_item", "a%2Fb"),
        ("/x/../items/b", "a_item", "b"),
        ("/x/%2e%2e/items/b", "a_item", "b"),
    ],
)
async def test_a_raw_path_is_decoded_and_tidied_before_routing(host, target, function, parameter):
    answer = await raw_exchange(host, target)
    assert answer.startswith("HTTP/1.1 200 ")
    assert f'"function": "{function}"' in answer
    assert f'"id": "{parameter}"' in answer


@pytest.mark.parametrize(("method", "path"), [("GET", "/nowhere"), ("DELETE", "/echo"), ("HEAD", "/echo")])
async def test_an_unknown_path_or_method_is_404_with_an_empty_body(browser, method, path):
    async with browser.request(method, path) as response:
        assert response.status == 404
        assert await response.read() == b""


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/guarded", None, 401),
        ("/guarded", "", 401),
        ("/guarded", "wrong", 401),
        ("/guarded", "sandbox", 200),
        ("/guarded", "sandbox-master", 200),
        ("/guarded?code=sandbox", None, 200),
        ("/guarded?code=wrong", None, 401),
        ("/guarded?code=wrong", "sandbox", 200),
        ("/guarded?code=sandbox", "wrong", 401),
        ("/for-admins", "sandbox", 401),
        ("/for-admins", "sandbox-master", 200),
        ("/echo?code=wrong", "wrong", 200),
    ],
)
async def test_keys_open_the_functions_of_their_level(browser, path, key, status):
    headers = {} if key is None else {"x-functions-key": key}
    async with browser.get(path, headers=headers) as response:
        assert response.status == status
        if status == 401:
            assert await response.read() == b""


async def test_a_function_without_a_route_is_found_by_its_name_and_may_be_sync(browser):
    async with browser.get("/without_route") as response:
        assert await response.json() == "sync"


async def test_several_cookies_come_out_as_set_cookie_lines(browser):
    async with browser.get("/cookies") as response:
        first, second = response.headers.getall("Set-Cookie")
    assert first == "__Secure-a=one; max-age=600; domain=; path=/connect; secure; samesite=none; httponly"
    assert second == "b=two; domain=; path=; samesite=strict"
    assert SimpleCookie(first)["__Secure-a"]["max-age"] == "600"


async def test_custom_headers_of_host_json_yield_to_the_functions_own(browser):
    async with browser.get("/echo") as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame"] == "from host.json"
        assert "Strict-Transport-Security" not in response.headers
    async with browser.get("/cookies") as response:
        assert response.headers["X-Frame"] == "from the function"


@pytest.mark.parametrize(("path", "reason"), [("/fails", "the reason it failed"), ("/returns-a-dict", "dict")])
async def test_a_failing_function_is_500_with_an_empty_body_and_a_log_line(browser, host, path, reason):
    async with browser.get(path) as response:
        assert response.status == 500
        assert await response.read() == b""
    await expect_logged(host, reason)


async def test_a_function_knows_its_invocation_and_shares_no_context_with_the_next(browser):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    seen = []
    for _ in range(2):
        async with browser.get("/context", headers={"traceparent": trace}) as response:
            seen.append(await response.json())
    assert seen[0]["function"] == "shows_context"
    assert seen[0]["traceParent"] == trace
    assert len({one["invocationId"] for one in seen}) == 2
    assert [one["leaked"] for one in seen] == [False, False]


@pytest.mark.parametrize("chunked", [None, True])
async def test_a_large_body_reaches_the_function(browser, chunked):
    size = 20 * 1024 * 1024
    async with browser.post("/echo", data=io.BytesIO(bytes(size)), chunked=chunked, expect100=True) as response:
        assert (await response.json())["length"] == size


async def test_a_body_over_100_megabytes_is_413(browser):
    async with browser.post("/echo", data=io.BytesIO(bytes(100 * 1024 * 1024 + 1))) as response:
        assert response.status == 413


async def test_log_records_of_functions_go_to_stderr(browser, host):
    async with browser.get("/logs"):
        pass
    await expect_logged(host, "WARNING everything a line from a function\n")


async def test_a_caller_who_leaves_does_not_cancel_the_function(host):
    _, writer = await asyncio.open_connection("localhost", int(host.url.rpartition(":")[2]))
    writer.write(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await expect_logged(host, "slow began")
    writer.close()
    await writer.wait_closed()
    await expect_logged(host, "slow ended")


async def test_async_functions_run_at_the_same_time(browser):
    async def call():
        async with browser.get("/slow") as response:
            return response.status

    started = asyncio.get_running_loop().time()
    assert set(await asyncio.gather(*(call() for _ in range(20)))) == {200}
    assert asyncio.get_running_loop().time() - started < 20 * 0.3
