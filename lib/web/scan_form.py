"""The summary of a secret scan in JSON (contract: Secret scan)."""

from datetime import UTC, datetime
from typing import Any

from lib.domain.scan import Summary
from lib.web.configuration_form import moment


def show_summary(summary: Summary | None) -> dict[str, Any]:
    """Return the answer of `read_secret_scan`. Before the first scan there are no moments, and nothing is complete."""
    never = datetime.fromtimestamp(0, UTC)
    shown = summary or Summary(never, never, complete=False)
    return {
        "startedAt": moment(shown.started_at) if summary else None,
        "finishedAt": moment(shown.finished_at) if summary else None,
        "complete": shown.complete,
        "customers": shown.customers,
        "credentials": shown.credentials,
        "due": shown.due,
        "sent": shown.sent,
        "couldNotCheck": shown.could_not_check,
        "problems": [
            {"customer": problem.customer, "code": problem.code, "message": problem.message}
            for problem in shown.problems
        ],
    }
