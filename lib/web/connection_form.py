"""Users' connections in JSON: the body of an invitation, and the answer of `read_connection`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import azure.functions as func

from lib.domain import fields
from lib.domain.connection import ConnectionReport
from lib.web.configuration_form import moment
from lib.web.json_body import Fields, read_object


def read_return_url(request: func.HttpRequest, origins: Sequence[str]) -> str | None:
    """Return the `returnUrl` of an invitation's optional body. Raises InvalidRequest, ReturnUrlNotAllowed."""
    form = Fields(read_object(request, optional=True))
    given = form.take("returnUrl")
    form.finish()
    return None if given is None else fields.return_url("returnUrl", given, origins)


def show_connection(user: str, report: ConnectionReport) -> dict[str, Any]:
    """Return the answer of `read_connection` (contract: Consent links)."""
    return {
        "user": user,
        "state": report.state,
        "connectedAt": _moment(report.connected_at),
        "lastUsedAt": _moment(report.last_used_at),
        "reason": report.reason,
        "remedy": report.remedy,
    }


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment(value)
