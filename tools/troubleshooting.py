"""Writes docs/troubleshooting.md from the dictionary of Microsoft's codes (`lib.domain.advice`).

    .venv/bin/python -m tools.troubleshooting > docs/troubleshooting.md

The texts are those of the answers and test reports. Only three phrases that nearly every remedy has are shortened here,
and explained once at the top.
"""

import sys
from collections.abc import Iterable

from lib.domain.advice import Advice, Topic, all_codes, entra_federated
from lib.domain.advice.words import APPROVERS, CENTER, TELL_OPERATOR
from lib.domain.errors import Owner

COMMAND = ".venv/bin/python -m tools.troubleshooting > docs/troubleshooting.md"

_HEAD = f"""\
# Troubleshooting by code

What a failed test, a refused call or a letter names as `code`, `microsoftCode` or `responseCode`, and what helps. These
are the texts of the answers themselves. `AADSTS…` are Entra ID's codes, the others those of Microsoft Graph and
Exchange Online; the codes of this connector itself are in the [README](../README.md).

This file is made from `lib/domain/advice`; do not edit it. After a change there:

```sh
{COMMAND}
```

- **Entra ID >** … means: in the [Microsoft Entra admin center](https://entra.microsoft.com) (US Government:
  entra.microsoft.us; China: portal.azure.cn), open **Entra ID**.
- **[Who may approve](#who-may-approve)** and **[Tell the operator](#tell-the-operator)** are at the end.
- *Who* says who can mend it. Where it *passes by itself*, wait and try again before anybody acts.
- A code of Entra ID that is not here: look it up at `https://login.microsoftonline.com/error?code=` and its digits.
"""

_TAIL = f"""
## Who may approve

{APPROVERS}

## Tell the operator

{TELL_OPERATOR}
"""

_FEDERATED = frozenset(advice.code for advice in entra_federated.CODES)

# In the order in which somebody who sets up a customer meets them.
SECTIONS: tuple[tuple[str, frozenset[Topic]], ...] = (
    ("The client secret and the application", frozenset({Topic.CREDENTIAL_EXPIRED, Topic.CREDENTIAL})),
    ("The tenant and the cloud", frozenset({Topic.TENANT})),
    ("Consent", frozenset({Topic.CONSENT})),
    ("Permissions", frozenset({Topic.PERMISSION})),
    ("Rules of the organisation", frozenset({Topic.POLICY})),
    ("Redirect URIs", frozenset({Topic.REDIRECT})),
    ("A sign-in that failed", frozenset({Topic.SIGN_IN})),
    ("A connection that ended", frozenset({Topic.GRANT})),
    ("The mailbox that asks", frozenset({Topic.MAILBOX})),
    ("One address of a schedule", frozenset({Topic.ADDRESS})),
    ("The request", frozenset({Topic.REQUEST})),
    ("What passes by itself", frozenset({Topic.THROTTLED, Topic.TRANSIENT})),
    ("This connector and its settings", frozenset({Topic.OURS, Topic.UNKNOWN})),
)
FEDERATED = "Sign-in without a secret (federated credentials)"

_OWNERS = {
    Owner.USER: "the user",
    Owner.ATS_ADMIN: "ATS administrator",
    Owner.ENTRA_ADMIN: "Entra administrator",
    Owner.EXCHANGE_ADMIN: "Exchange administrator",
    Owner.OPERATOR: "operator",
}


def document() -> str:
    """Return the whole Markdown document, with one table per section and one row per text."""
    entries = list(all_codes().values())
    ordinary = [advice for advice in entries if advice.code not in _FEDERATED]
    parts = [_section(title, [one for one in ordinary if one.topic in topics]) for title, topics in SECTIONS]
    parts.append(_section(FEDERATED, [one for one in entries if one.code in _FEDERATED]))
    return _HEAD + "".join(parts) + _TAIL


def _section(title: str, entries: Iterable[Advice]) -> str:
    """Return a heading and its table. Codes that say the same share a row."""
    shared: dict[tuple[str, str, str], list[str]] = {}
    for advice in entries:
        shared.setdefault((advice.message, _short(advice.remedy), _who(advice)), []).append(f"`{advice.code}`")
    rows = (
        f"| {'<br>'.join(codes)} | {_cell(message)} | {_cell(remedy)} | {who} |\n"
        for (message, remedy, who), codes in shared.items()
    )
    return f"\n## {title}\n\n| Code | What happened | What to do | Who |\n|---|---|---|---|\n{''.join(rows)}"


def _who(advice: Advice) -> str:
    owner = _OWNERS[advice.owner]
    return f"passes by itself; else {owner}" if advice.retry else owner


def _short(remedy: str) -> str:
    shortened = remedy.replace(CENTER, "**Entra ID**")
    shortened = shortened.replace(APPROVERS, "[Who may approve](#who-may-approve).")
    return shortened.replace(TELL_OPERATOR, "[Tell the operator](#tell-the-operator).")


def _cell(text: str) -> str:
    """Return a text as a table's cell: a bar would end it."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(document())
