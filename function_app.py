"""Every route and timer of the function app. A handler reads the request, calls one use case, and replies.

The contract's names are the functions' names. What they have in common is in `lib.web.edge`.
"""

import os
from dataclasses import asdict

import azure.functions as func

from lib import telemetry
from lib.bootstrap import Bootstrap, now, random_mark
from lib.domain import fields
from lib.domain.checkup import Outcome
from lib.domain.configuration import Customer, saved
from lib.domain.consent import Start
from lib.domain.errors import CalendarError, MicrosoftUnavailable
from lib.domain.free_busy import Unread
from lib.domain.scan import Summary
from lib.ports import Deadline
from lib.settings import forget_empty, read
from lib.usecases import delete_configuration as _delete
from lib.usecases import disconnect as _disconnect
from lib.usecases import finish_consent as _finish
from lib.usecases import invite_admin as _invite_admin
from lib.usecases import invite_user as _invite_user
from lib.usecases import read_configuration as _read
from lib.usecases import read_connection as _read_connection
from lib.usecases import save_configuration as _save
from lib.usecases import start_consent as _start
from lib.usecases import test_configuration as _test
from lib.web import consent_pages
from lib.web import openapi as openapi_description
from lib.web.configuration_form import moment, read_draft, show, show_report
from lib.web.connection_form import read_return_url, show_connection
from lib.web.edge import Call, empty, reply
from lib.web.json_body import Fields, read_object
from lib.web.routes import Routes
from lib.web.scan_form import show_summary
from lib.web.schedule_answer import write_schedules
from lib.web.schedule_form import read_schedule_request
from lib.web.timers import Timers

telemetry.set_up()
app = func.FunctionApp()
routes = Routes(app)
route = routes.route
timer = Timers(app).timer
forget_empty(os.environ)
settings = read(os.environ)
bootstrap = Bootstrap(settings)
description = openapi_description.Description(routes.functions, settings)

_SCHEDULE_SECONDS = 25.0  # for one getSchedule (contract: what is not known by then is unknown)
_TEST_SECONDS = 60.0
_CONSENT_SECONDS = 30.0
_TIMER_SECONDS = 840.0  # host.json gives a function 15 minutes: a scan of tens of thousands of customers takes that
_SCAN_NOW_SECONDS = 170.0  # contract: three minutes at most
_SENDING_SHARE = 0.3  # of a scan's time, kept for sending what it found


@route("customers/{customer}/calendar", "GET")
async def read_configuration(call: Call) -> func.HttpResponse:
    """Answer a customer's configuration, never the secret."""
    services = await bootstrap.services()
    customer = await _read.read_configuration(call.customer(), customers=services.customers)
    return _configuration(customer)


@route("customers/{customer}/calendar", "PUT")
async def save_configuration(call: Call) -> func.HttpResponse:
    """Validate and store a configuration."""
    customer_id, if_match = call.customer(), call.if_match()
    draft = read_draft(read_object(call.request), settings)
    services = await bootstrap.services()
    customer = await _save.save_configuration(
        customer_id,
        draft,
        if_match=if_match,
        customers=services.customers,
        vault=services.credentials.vault,
        cleaner=services.cleaner,
        now=now,
        random=random_mark,
    )
    return _configuration(customer)


def _configuration(customer: Customer) -> func.HttpResponse:
    _, newest = saved(customer)
    return reply(show(customer, newest, settings, now().date()), headers={"ETag": f'"{customer.edition}"'})


@route("customers/{customer}/calendar", "DELETE")
async def delete_configuration(call: Call) -> func.HttpResponse:
    """Forget a customer."""
    customer_id, if_match = call.customer(), call.if_match()
    services = await bootstrap.services()
    await _delete.delete_configuration(
        customer_id, if_match=if_match, customers=services.customers, cleaner=services.cleaner, random=random_mark
    )
    return empty()


@route("customers/{customer}/calendar/test", "POST")
async def test_configuration(call: Call) -> func.HttpResponse:
    """Test Calendar Configuration: the whole chain, check by check."""
    customer_id = call.customer()
    form = Fields(read_object(call.request))
    user, value = fields.user_name(form.take("user")), form.take("configuration")
    form.finish()
    draft = None if value is None else read_draft(value, settings, name="configuration")
    services = await bootstrap.services()
    report = await _test.test_configuration(
        customer_id,
        user,
        draft,
        customers=services.customers,
        credentials=services.credentials,
        renewals=services.renewals,
        chain=services.chain,
        adoption=services.adoption,
        now=now,
        random=random_mark,
        deadline=Deadline.after(_TEST_SECONDS),
    )
    call.log["passed"] = report.passed
    call.log["failed"] = {check.name: check.code for check in report.checks if check.outcome is Outcome.FAILED} or None
    return reply(show_report(report))


@route("customers/{customer}/calendar/admin-consent", "POST")
async def invite_admin(call: Call) -> func.HttpResponse:
    """Answer a link with which an administrator grants admin consent."""
    customer_id, return_url = call.customer(), read_return_url(call.request, settings.return_urls)
    services = await bootstrap.services()
    url, link = await _invite_admin.invite_admin(
        customer_id, return_url, customers=services.customers, sign_ins=services.sign_ins
    )
    return reply({"url": url, "expiresAt": moment(link.expires_at)}, 201)


@route("customers/{customer}/users/{user}/calendar/connect", "POST")
async def invite_user(call: Call) -> func.HttpResponse:
    """Answer a link with which a user connects a calendar."""
    customer_id, user = call.customer(), call.user()
    return_url = read_return_url(call.request, settings.return_urls)
    services = await bootstrap.services()
    url, link = await _invite_user.invite_user(
        customer_id, user, return_url, customers=services.customers, sign_ins=services.sign_ins
    )
    return reply({"url": url, "expiresAt": moment(link.expires_at)}, 201)


@route("customers/{customer}/users/{user}/calendar/connection", "GET")
async def read_connection(call: Call) -> func.HttpResponse:
    """Answer whether a user is connected, since when, and what is wrong."""
    customer_id, user = call.customer(), call.user()
    services = await bootstrap.services()
    report = await _read_connection.read_connection(
        customer_id, user, customers=services.customers, renewals=services.renewals
    )
    return reply(show_connection(user, report))


@route("customers/{customer}/users/{user}/calendar/connection", "DELETE")
async def disconnect(call: Call) -> func.HttpResponse:
    """Forget a user's tokens."""
    customer_id, user = call.customer(), call.user()
    services = await bootstrap.services()
    await _disconnect.disconnect(
        customer_id, user, customers=services.customers, connections=services.connections, random=random_mark
    )
    return empty()


@route("connect/{ticket}", "GET", key=False, serve=consent_pages.serve)
async def start_consent(call: Call) -> func.HttpResponse:
    """Bind the browser to a sign-in and send it to Microsoft."""
    services = await bootstrap.services()
    ticket = call.request.route_params.get("ticket", "")
    start = await _start.start_consent(ticket, customers=services.customers, sign_ins=services.sign_ins)
    call.log["customer"] = start.customer
    return consent_pages.send_to_microsoft(start)


@route("mobile/getcalendar", "GET", "POST", key=False, serve=consent_pages.serve)
async def finish_consent(call: Call) -> func.HttpResponse:
    """Take Microsoft's answer, prove what it claims, and show how it ended."""
    parameters = consent_pages.read_answer(call)
    state = parameters.get("state", "")
    services = await bootstrap.services()
    step = await _finish.finish_consent(
        state,
        consent_pages.binders(call, state),
        consent_pages.answer_of(parameters),
        by_admin=services.finish_admin,
        by_user=services.finish_sign_in,
        deadline=Deadline.after(_CONSENT_SECONDS),
    )
    call.log["customer"] = step.customer
    if isinstance(step, Start):
        call.log["ending"] = "once more"
        return consent_pages.send_to_microsoft(step, again=True)
    call.log["ending"] = step.ending
    call.log["microsoftCode"] = f"AADSTS{step.codes[0]}" if step.codes else None
    return consent_pages.show_end(step, state, settings.return_urls)


async def _get_schedule(call: Call) -> func.HttpResponse:
    """Answer free/busy times as Microsoft Graph's getSchedule does."""
    customer_id, user = call.customer(), call.user()
    deadline = Deadline.after(_SCHEDULE_SECONDS)
    services = await bootstrap.services()
    ask = read_schedule_request(read_object(call.request), call.request.headers.get("prefer"), services.zones)
    call.log["people"] = len(ask.people)
    answers = await services.get_schedule.run(customer_id, user, ask, deadline, call.tally)
    call.log["unknown"] = sum(isinstance(found, Unread) for _, found in answers)
    context = f"{settings.cloud.graph_url}/v1.0/$metadata#Collection(microsoft.graph.scheduleInformation)"
    applied = {"Preference-Applied": f'outlook.timezone="{ask.zone.name}"'} if ask.zone else {}  # RFC 7240
    return reply(await write_schedules(answers, ask.zone, context), headers=applied)


# Graph answers to both spellings, and so do clients send them.
route("customers/{customer}/users/{user}/calendar/getSchedule", "POST", name="get_schedule")(_get_schedule)
route("customers/{customer}/users/{user}/calendar/microsoft.graph.getSchedule", "POST", name="get_schedule_namespaced")(
    _get_schedule
)


@route("health", "GET", key=False)
async def health(call: Call) -> func.HttpResponse:
    """Answer 200 when the function app can serve: its settings are right and its table can be reached."""
    services = await bootstrap.services()
    try:
        await services.customers.read("-")  # no customer has such an id
    except CalendarError as problem:
        call.log["cause"] = problem.message  # for the log: who asks here has shown no key
        raise MicrosoftUnavailable("The function app cannot serve right now.", remedy="Its log says why.") from problem
    return reply({"status": "ok"})


@route("secret-scan", "POST")
async def scan_secrets_now(call: Call) -> func.HttpResponse:
    """Run the secret scan now and answer its summary."""
    summary = await _scan(_SCAN_NOW_SECONDS)
    call.log["complete"] = summary.complete
    return reply(show_summary(summary))


@route("secret-scan", "GET")
async def read_secret_scan(call: Call) -> func.HttpResponse:
    """Answer the summary of the last scan."""
    services = await bootstrap.services()
    return reply(show_summary(await services.scan.scans.last()))


@route("openapi.json", "GET", key=False, serve=openapi_description.serve)
async def openapi(call: Call) -> func.HttpResponse:
    """Answer the OpenAPI description of all HTTP functions."""
    return reply(await description.text())


async def _scan(seconds: float) -> Summary:
    """Scan, and write the line whose absence infra/README.md says to watch for."""
    services = await bootstrap.services()
    deadline = Deadline.after(seconds)
    summary = await services.scan.run(Deadline.after(seconds * (1 - _SENDING_SHARE)), deadline)
    line = show_summary(summary) | {"problems": len(summary.problems), "ms": summary.milliseconds}
    telemetry.write("secretScan", line, problem=not summary.complete)
    return summary


# "%…%" is read by the host; where the setting is missing it would leave the function out.
_SCAN_SCHEDULE = "%SECRET_SCAN_SCHEDULE%" if os.environ.get("SECRET_SCAN_SCHEDULE") else settings.secret_scan_schedule


@timer(_SCAN_SCHEDULE)
async def scan_client_secrets(tick: func.TimerRequest) -> None:
    """Find expiring and dead credentials, and e-mail the people who can act."""
    await _scan(_TIMER_SECONDS)


@timer("0 40 * * * *")
async def deliver_alerts(tick: func.TimerRequest) -> None:
    """Send what a scan found due but could not send yet."""
    services = await bootstrap.services()
    delivered = await services.scan.delivery.run(Deadline.after(_TIMER_SECONDS))
    telemetry.write("alertsDelivered", asdict(delivered), problem=delivered.failed)


# Once a day, at night in Europe and America, apart from the secret scan.
@timer("0 20 3 * * *")
async def keep_connections_alive(tick: func.TimerRequest) -> None:
    """Renew users' connections that were idle for 30 days; remove those of customers that were deleted."""
    services = await bootstrap.services()
    result = await services.keep_alive.run(Deadline.after(_TIMER_SECONDS))
    line = {"function": "keep_connections_alive", "late": tick.past_due, **asdict(result)}
    telemetry.write("keepAlive", line, problem=not result.complete or result.failed > 0)
