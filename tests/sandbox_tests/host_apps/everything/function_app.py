"""Functions that show a caller what reached them."""

import asyncio
import contextvars
import json
import logging
import time

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
log = logging.getLogger("everything")
seen_by_another = contextvars.ContextVar("seen_by_another", default=False)


def answer(value, status=200):
    return func.HttpResponse(json.dumps(value), status_code=status, mimetype="application/json")


def described(req):
    return {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "routeParams": dict(req.route_params),
        "headers": dict(req.headers),
        "length": len(req.get_body()),
    }


@app.route(route="echo", methods=["GET", "POST"])
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    return answer(described(req))


@app.route(route="items/{id}", methods=["GET"])
async def a_item(req: func.HttpRequest) -> func.HttpResponse:
    return answer(described(req) | {"function": "a_item"})


@app.route(route="items/recent", methods=["GET"])
async def recent_items(req: func.HttpRequest) -> func.HttpResponse:
    return answer(described(req) | {"function": "recent_items"})


@app.route(route="guarded", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def guarded(req: func.HttpRequest) -> func.HttpResponse:
    return answer("let in")


@app.route(route="for-admins", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
async def for_admins(req: func.HttpRequest) -> func.HttpResponse:
    return answer("let in")


@app.route(methods=["GET"])
def without_route(req: func.HttpRequest) -> func.HttpResponse:
    return answer("sync")


@app.route(route="cookies", methods=["GET"])
async def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("", headers={"X-Frame": "from the function"})
    response.headers.add("Set-Cookie", "__Secure-a=one; Path=/connect; Max-Age=600; Secure; HttpOnly; SameSite=None")
    response.headers.add("Set-Cookie", "b=two; SameSite=Strict")
    return response


@app.route(route="fails", methods=["GET"])
async def fails(req: func.HttpRequest) -> func.HttpResponse:
    raise LookupError("the reason it failed")


@app.route(route="returns-a-dict", methods=["GET"])
async def returns_a_dict(req: func.HttpRequest) -> func.HttpResponse:
    return {"not": "a response"}


@app.route(route="context", methods=["GET"])
async def shows_context(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    leaked, _ = seen_by_another.get(), seen_by_another.set(True)
    return answer(
        {
            "invocationId": context.invocation_id,
            "function": context.function_name,
            "traceParent": context.trace_context.trace_parent,
            "leaked": leaked,
        }
    )


@app.route(route="logs", methods=["GET"])
async def logs(req: func.HttpRequest) -> func.HttpResponse:
    log.warning("a line from a function")
    return answer("logged")


@app.route(route="blocks", methods=["GET"])
async def blocks(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(0.2)  # noqa: ASYNC251 - the mistake that asyncio's debug mode reports
    return answer("blocked")


@app.route(route="slow", methods=["GET"])
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    log.info("slow began")
    await asyncio.sleep(0.3)
    log.info("slow ended")
    return answer("at last")


@app.timer_trigger(schedule="%EVERY_SO_OFTEN%", arg_name="timer")
async def tick(timer: func.TimerRequest) -> None:
    log.info("tick past_due=%s", timer.past_due)


@app.timer_trigger(schedule="0 0 0 1 1 *", arg_name="timer")
async def broken_timer(timer: func.TimerRequest) -> None:
    raise LookupError("the timer's reason")
