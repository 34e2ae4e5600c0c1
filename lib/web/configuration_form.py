"""The Calendar Configuration as JSON: what a PUT may say, what a GET answers, and a test's report."""

from datetime import UTC, date, datetime
from typing import Any

from lib.domain import fields
from lib.domain.checkup import Report
from lib.domain.configuration import Access, ConfigurationType, Consent, Customer, Details, Draft, Revision, Wishes
from lib.domain.errors import BasicNotAllowed, InvalidRequest
from lib.settings import Settings
from lib.web.json_body import Fields, items

# What GET adds; whoever sends a GET's answer back with a change means no harm.
_ADDED = ("state", "pending", "lastTest", "secret", "redirectUris", "adminConsent")
_MOST_DOMAINS = 50
_MOST_RECIPIENTS = 20


def read_draft(value: Any, settings: Settings, *, name: str = "") -> Draft:
    """Return the configuration of a PUT body, or of the property `name`. Raises InvalidRequest, BasicNotAllowed."""
    form = Fields(value, name=name or "body", prefix=f"{name}." if name else "")
    draft = Draft(
        access=_access(form, settings),
        wishes=_wishes(form, settings),
        secret_expires=fields.expiry(form.full("secretExpires"), form.take("secretExpires")),
        secret=_optional(form, "applicationSecret", fields.secret),
    )
    form.finish(ignored=_ADDED)
    _complete(form, draft, settings)
    return draft


def _optional(form: Fields, name: str, check: Any, *more: Any) -> Any:
    value = form.take(name)
    return None if value is None else check(form.full(name), value, *more)


def _choice(form: Fields, name: str, default: Any) -> Any:
    value = form.take(name)
    return default if value is None else fields.choice(form.full(name), value, type(default))


def _access(form: Fields, settings: Settings) -> Access:
    provider = form.take("provider")
    if provider not in (None, "office365"):
        raise InvalidRequest(form.full("provider"), "must be office365")
    return Access(
        type=_choice(form, "configurationType", ConfigurationType.NONE),
        tenant_id=_optional(form, "tenantId", fields.tenant_id),
        application_id=_optional(form, "applicationId", fields.guid),
        consent=_choice(form, "consent", Consent.USER),
        login_url=_optional(form, "loginUrl", fields.login_url, settings.cloud.sign_in_hosts),
    )


def _wishes(form: Fields, settings: Settings) -> Wishes:
    domains, recipients = form.take("allowedDomains"), form.take("alertRecipients")
    if domains == []:
        raise InvalidRequest(form.full("allowedDomains"), "must not be empty; leave it out to allow every domain")
    return Wishes(
        details=_choice(form, "details", Details.TIME),
        redirect_uri=_optional(form, "redirectUri", fields.one_of, settings.own_redirect_uris),
        allowed_domains=None
        if domains is None
        else _each(form.full("allowedDomains"), domains, fields.domain, _MOST_DOMAINS),
        alert_recipients=()
        if recipients is None
        else _each(form.full("alertRecipients"), recipients, fields.email, _MOST_RECIPIENTS),
    )


def _each(name: str, value: Any, check: Any, most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(check(item_name, item) for item_name, item in items(name, value, most=most)))


def _complete(form: Fields, draft: Draft, settings: Settings) -> None:
    """Hold together what belongs together."""
    access = draft.access
    if access.type is not ConfigurationType.NONE and access.tenant_id is None:
        raise InvalidRequest(form.full("tenantId"), "is missing")
    if access.type is ConfigurationType.ADVANCED and access.application_id is None:
        raise InvalidRequest(form.full("applicationId"), "is missing")
    if draft.secret and (access.application_id is None or access.tenant_id is None):
        raise InvalidRequest(form.full("applicationSecret"), "needs tenantId and applicationId")
    if access.type is ConfigurationType.BASIC:
        _basic(form, draft, settings)


def _basic(form: Fields, draft: Draft, settings: Settings) -> None:
    name = form.full("configurationType")
    if settings.production:
        raise BasicNotAllowed(
            name,
            "Basic is for trying out and is not offered in production",
            remedy="Choose Advanced and register your own application.",
        )
    if settings.basic_application_id is None:
        raise BasicNotAllowed(
            name, "this deployment has no application of its own for Basic", remedy="Choose Advanced instead."
        )
    if draft.access.application_id or draft.secret:
        raise InvalidRequest(form.full("applicationId"), "is not used with Basic; leave it and the secret out")
    if draft.access.consent is not Consent.USER:
        raise InvalidRequest(form.full("consent"), "must be user with Basic")


def show(customer: Customer, revision: Revision, settings: Settings, today: date) -> dict[str, Any]:
    """Return what GET answers: the newest revision without its secret, and how things stand."""
    access, wishes = revision.access, revision.wishes
    pinned = customer.active is not None
    return {
        "configurationType": access.type,
        "provider": "office365",
        "tenantId": (revision.tenant if pinned else None) or access.tenant_id,
        "applicationId": access.application_id,
        "secretExpires": revision.secret_expires.as_text(),
        "consent": access.consent,
        "loginUrl": access.login_url,
        "redirectUri": wishes.redirect_uri_of(settings.own_redirect_uris),
        "details": wishes.details,
        "allowedDomains": None if wishes.allowed_domains is None else list(wishes.allowed_domains),
        "alertRecipients": list(wishes.alert_recipients),
        "state": customer.state,
        "pending": customer.pending,
        "lastTest": show_report(customer.last_test) if customer.last_test else None,
        "secret": _secret(revision, today),
        "redirectUris": list(settings.all_redirect_uris),
        "adminConsent": _admin_consent(customer, revision),
    }


def _secret(revision: Revision, today: date) -> dict[str, Any]:
    if revision.secret_version is None:
        return {"set": False, "expires": None, "daysLeft": None}
    expires = revision.expires
    return {"set": True, "expires": expires.as_text(), "daysLeft": expires.days_left(today)}


def _admin_consent(customer: Customer, revision: Revision) -> dict[str, Any]:
    if revision.access.consent is not Consent.ADMIN:
        return {"granted": None, "grantedAt": None}
    known = customer.admin_consent
    return {"granted": known.granted, "grantedAt": moment(known.granted_at) if known.granted_at else None}


def show_report(report: Report) -> dict[str, Any]:
    """Return a test report as the contract defines it."""
    return {
        "passed": report.passed,
        "testedAt": moment(report.tested_at),
        "checks": [
            {
                "check": check.name,
                "outcome": check.outcome,
                "code": check.code,
                "message": check.message,
                "remedy": check.remedy,
                "owner": check.owner,
            }
            for check in report.checks
        ],
    }


def moment(value: datetime) -> str:
    """Return a moment as "2026-11-20T09:00:00Z"."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
