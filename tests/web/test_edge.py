"""What every function has in common: ids, errors in Graph's shape, and bugs that tell nothing secret."""

import json
import logging
from typing import Any

import azure.functions as func
import pytest

from lib.domain.errors import (
    CustomerNotFound,
    InvalidRequest,
    MicrosoftTrace,
    MicrosoftUnavailable,
    Owner,
    Refused,
    Throttled,
)
from lib.web.edge import Call, reply, respond


def request(**headers: str) -> func.HttpRequest:
    return func.HttpRequest("GET", "/x", headers=headers, route_params={}, body=b"")


async def answer(problem: Exception | None = None, **headers: str) -> tuple[func.HttpResponse, dict[str, Any]]:
    async def work(call: Call) -> func.HttpResponse:
        if problem:
            raise problem
        return reply({"ok": True})

    response = await respond(request(**headers), "f", "x/{y}", work)
    return response, json.loads(response.get_body())


async def test_an_error_has_graphs_shape():
    trace = MicrosoftTrace("AADSTS7000222", "r-1", "t-1", "c-1")
    problem = Refused("credentialExpired", "It expired.", remedy="Renew it.", owner=Owner.ENTRA_ADMIN, trace=trace)

    response, body = await answer(problem, **{"client-request-id": "mine-1"})

    error = body["error"]
    assert response.status_code == 409
    assert response.mimetype == "application/json"
    assert (error["code"], error["message"]) == ("credentialExpired", "It expired.")
    inner = error["innerError"]
    assert (inner["remedy"], inner["owner"], inner["microsoftCode"]) == ("Renew it.", "entraAdmin", "AADSTS7000222")
    assert inner["client-request-id"] == response.headers["client-request-id"] == "mine-1"
    assert inner["request-id"] == response.headers["request-id"]
    assert inner["date"]


@pytest.mark.parametrize("given", ["x" * 129, "a b", "ä", 'a"b'])
async def test_an_id_that_cannot_be_echoed_safely_is_refused_by_name(given: str):
    response, body = await answer(**{"client-request-id": given})

    assert response.status_code == 400
    assert body["error"]["message"].startswith("client-request-id:")
    assert given not in response.get_body().decode()


async def test_throttling_says_when_to_come_back_in_whole_seconds():
    response, _ = await answer(Throttled(2.1))

    assert (response.status_code, response.headers["Retry-After"]) == (429, "3")


async def test_a_bug_tells_the_caller_an_id_and_the_log_a_place_but_no_text(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        response, body = await answer(ValueError("secret-inside"))

    assert response.status_code == 500
    assert body["error"]["code"] == "internalError"
    line = json.loads(caplog.messages[-1])
    assert (line["exception"], line["requestId"]) == ("ValueError", body["error"]["innerError"]["request-id"])
    assert "test_edge.py:" in line["at"]
    assert "secret-inside" not in caplog.text + response.get_body().decode()


async def test_an_outage_is_logged_with_what_could_not_be_used(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        await answer(MicrosoftUnavailable("This deployment's Key Vault cannot be used right now."))
        await answer(CustomerNotFound())

    outage, refusal = (json.loads(message) for message in caplog.messages[-2:])
    assert outage["cause"] == "This deployment's Key Vault cannot be used right now."
    assert "cause" not in refusal


async def test_answers_are_not_kept_by_caches():
    response, _ = await answer()

    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("header", "editions"),
    [('"a"', {"a"}), ('W/"a"', {"a"}), ('"a", "b"', {"a", "b"}), ("*", {"*"})],
)
def test_if_match_is_read_as_a_list_of_etags(header: str, editions: set[str]):
    assert Call(request(**{"if-match": header})).if_match() == editions


@pytest.mark.parametrize("header", ["a", "", '"a', "a,b", '"a";"b"'])
def test_another_if_match_is_refused_by_name(header: str):
    with pytest.raises(InvalidRequest, match="^If-Match:"):
        Call(request(**{"if-match": header})).if_match()


def test_without_if_match_anything_fits():
    assert Call(request()).if_match() is None
