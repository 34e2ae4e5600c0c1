r"""What single values look like, as regular expressions of ECMA-262, which is what JSON Schema has.

They say the same as the checks of `lib.domain.fields`, which are written in Python's dialect and look at values in
lower case; tests/web/test_openapi_requests.py holds each of them against its check.
"""

from lib.domain import fields

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_GUID = fields.GUID.pattern
_DOMAIN = rf"(?:{_LABEL}\.)+(?:[A-Za-z]{{2,63}}|[Xx][Nn]--[A-Za-z0-9-]{{1,59}})"
_UPN = fields.USER_PRINCIPAL_NAME.pattern.replace("@", r"@(?!.*\.\.)", 1)

CUSTOMER = f"^{fields.CUSTOMER.pattern}$"
DOMAIN = f"^{_DOMAIN}$"
TENANT = f"^(?!9188040[dD]-6[cC]67-4[cC]5[bB]-[bB]112-36[aA]304[bB]66[dD][aA][dD]$)(?:{_GUID}|{_DOMAIN})$"
USER = f"^(?:{_GUID}|{_UPN})$"
EMAIL = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?:{_LABEL}\.)+[A-Za-z0-9-]{{2,63}}$"
SECRET = "^[!-~](?:[ -~]*[!-~])?$"  # noqa: S105  what a secret looks like, not one
REDIRECT_URI = "^https?://[^/?#]+/mobile/getcalendar$"
# Any text that is not only white space and has no control characters, halves of surrogate pairs or line separators.
_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
PLAIN_TEXT = rf"^[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*$"
DATE_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?Z?$"
GRAPH_DATE_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{7}$"
CLIENT_REQUEST_ID = "^[A-Za-z0-9._{}:-]{1,128}$"
_ETAG = r'(?:W/)?"[!#-+\--~]*"'  # RFC 9110, section 8.8.3, without commas
IF_MATCH = rf"^(?:\*|{_ETAG})(?: *, *(?:\*|{_ETAG}))*$"


def login_url(hosts: frozenset[str]) -> str:
    """Return what a custom sign-in URL looks like, with one of these hosts."""
    host = "|".join(sorted(hosts)).replace(".", r"\.")
    hint = f"domain_hint={_DOMAIN}"
    whr = f"whr={_DOMAIN}"
    return rf"^https://(?:{host})(?:/[^\s?#\\]*)?(?:\?(?:{hint}(?:&{whr})?|{whr}(?:&{hint})?)?)?$"
