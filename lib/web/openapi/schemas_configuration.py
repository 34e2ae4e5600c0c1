"""The Calendar Configuration as JSON Schema."""

from lib.web.openapi import patterns
from lib.web.openapi.parts import Json, flag, moment, or_null, record, request, schema, text

_MOST_DOMAINS, _MOST_RECIPIENTS = 50, 20
_LONGEST_URL = 2048

# What GET adds; whoever sends a GET's answer back with a change means no harm. Named, so that a generated client
# refuses what is only misspelt; without a type, since nothing is read of it.
_ADDED = ("state", "pending", "lastTest", "secret", "redirectUris", "adminConsent")


def _input_properties(sign_in_hosts: frozenset[str]) -> Json:
    return {
        "configurationType": schema("ConfigurationType", "`none` if left out."),
        "provider": schema("Provider", "`office365` if left out."),
        "tenantId": text(
            "The customer's Entra tenant: its GUID or one of its verified domains. Saving asks Microsoft nothing; the "
            "test resolves a domain to the GUID, which is pinned once a test has passed. Required for Basic, too.",
            pattern=patterns.TENANT,
            maxLength=253,
        ),
        "applicationId": text(
            "The Application (client) ID of the app registration in the customer's tenant.", format="uuid"
        ),
        "applicationSecret": text(
            "The client secret's Value (not the Secret ID). It is never shown again. Leave it out to keep the stored "
            "one, which is only ever used with the tenant, application and sign-in host it was saved for: if one of "
            "them differs, it has to be given again.",
            format="password",
            writeOnly=True,
            pattern=patterns.SECRET,
            maxLength=1024,
        ),
        "secretExpires": text(
            "When the client secret ends: a UTC date of the years 2000 to 2200, taken as its first moment, or `never`. "
            "May be left out: then it is read from Entra ID where the application may read itself, else it is unknown "
            "and nobody can be warned in time.",
            pattern="^(?:never|(?:2[01][0-9]{2}|2200)-[0-9]{2}-[0-9]{2})$",
            examples=["2027-11-20", "never"],
        )
        # Beside the pattern and not within anyOf, which client generators make a type of its own of.
        | {"if": {"type": "string", "not": {"const": "never"}}, "then": {"format": "date"}},
        "consent": schema("Consent", "`user` if left out."),
        "loginUrl": text(
            "A custom Microsoft sign-in URL of the organisation. Only its host, which has to be one of the configured "
            "Microsoft cloud, and its parameters `whr` and `domain_hint` are used.",
            format="uri",
            pattern=patterns.login_url(sign_in_hosts),
            maxLength=_LONGEST_URL,
        ),
        "redirectUri": text(
            "Which of this deployment's redirect URIs sign-ins come back to; by default the first of `redirectUris`.",
            format="uri",
            pattern=patterns.REDIRECT_URI,
            maxLength=_LONGEST_URL,
        ),
        "details": schema("Details", "`time` if left out."),
        "allowedDomains": {
            "type": "array",
            "description": "Only addresses in these domains may be asked for; others are answered as unknown with the "
            "`responseCode` `notAllowed`. Leave it out to allow every domain; an empty list is refused. Saved together "
            "with what needs a test, it counts once that has passed.",
            "items": {"type": "string", "pattern": patterns.DOMAIN, "maxLength": 253},
            "minItems": 1,
            "maxItems": _MOST_DOMAINS,
        },
        "alertRecipients": {
            "type": "array",
            "description": "E-mail addresses that are told before this customer's client secret expires, and when it "
            "stops working.",
            "items": {"type": "string", "pattern": patterns.EMAIL, "minLength": 3, "maxLength": 254},
            "maxItems": _MOST_RECIPIENTS,
        },
    }


def configuration_input(sign_in_hosts: frozenset[str]) -> Json:
    """Return what PUT takes. Null counts as left out.

    Of choices that is not said: client generators make a class of "a choice or null", and lose the choice.
    """
    properties = {
        name: value if "$ref" in value else or_null(value) for name, value in _input_properties(sign_in_hosts).items()
    }
    properties |= {name: {"description": "Ignored: as reading answered it.", "readOnly": True} for name in _ADDED}
    return request(
        "A Calendar Configuration to save or to try: always the whole document. A property that is null counts as "
        "left out. What was read may be sent back with a change: what reading adds is ignored.",
        properties,
        optional=tuple(properties),
        allOf=_RULES,
    )


_GIVEN: Json = {"type": "string"}
_RULES: list[Json] = [
    {
        "description": "Advanced needs tenant and application.",
        "if": {"properties": {"configurationType": {"const": "advanced"}}, "required": ["configurationType"]},
        "then": {
            "properties": {"tenantId": _GIVEN, "applicationId": _GIVEN},
            "required": ["tenantId", "applicationId"],
        },
    },
    {
        "description": "Basic needs the tenant, has no application of the customer's, and users consent.",
        "if": {"properties": {"configurationType": {"const": "basic"}}, "required": ["configurationType"]},
        "then": {
            "properties": {
                "tenantId": _GIVEN,
                "applicationId": {"type": "null"},
                "applicationSecret": {"type": "null"},
                "consent": {"enum": ["user", None]},
            },
            "required": ["tenantId"],
        },
    },
    {
        "description": "A secret belongs to an application of a tenant.",
        "if": {"properties": {"applicationSecret": _GIVEN}, "required": ["applicationSecret"]},
        "then": {
            "properties": {"tenantId": _GIVEN, "applicationId": _GIVEN},
            "required": ["tenantId", "applicationId"],
        },
    },
]


def configuration() -> Json:
    """Return what GET and PUT answer."""
    return record(
        "A customer's Calendar Configuration as it was saved last, without its secret, and how things stand.",
        {
            "configurationType": schema("ConfigurationType"),
            "provider": schema("Provider"),
            "tenantId": or_null(
                text("The tenant as it was saved; its GUID once a test has passed.", pattern=patterns.TENANT)
            ),
            "applicationId": or_null(text("The Application (client) ID, in lower case.", format="uuid")),
            "secretExpires": or_null(
                text(
                    "The date that was saved (UTC), or `never`; null if none was. What is known about the secret now "
                    "stands in `secret.expires`.",
                    pattern="^(?:never|[0-9]{4}-[0-9]{2}-[0-9]{2})$",
                )
            ),
            "consent": schema("Consent"),
            "loginUrl": or_null(text("The custom Microsoft sign-in URL.", format="uri")),
            "redirectUri": text("The redirect URI that sign-ins come back to.", format="uri"),
            "details": schema("Details"),
            "allowedDomains": {
                "type": ["array", "null"],
                "description": "The domains that may be asked for; null for every domain.",
                "items": {"type": "string", "pattern": patterns.DOMAIN},
            },
            "alertRecipients": {
                "type": "array",
                "description": "Who is told about this customer's client secret, besides the operators.",
                "items": {"type": "string", "pattern": patterns.EMAIL},
            },
            "state": schema("ConfigurationState"),
            "pending": flag(
                "Whether a newer revision waits for its test. Until that has passed the one before it keeps answering."
            ),
            "lastTest": or_null(
                schema("TestReport", "The last report on a saved revision; null if it was never tested.")
            ),
            "secret": schema("SecretStatus"),
            "redirectUris": {
                "type": "array",
                "description": "All redirect URIs to register in the app registration (Authentication > Web), those "
                "of other deployments included.",
                "items": {"type": "string", "format": "uri"},
                "minItems": 1,
            },
            "adminConsent": schema("AdminConsent"),
        },
    )


SECRET_STATUS = record(
    "What is known about the stored client secret.",
    {
        "set": flag("Whether one is stored."),
        "expires": or_null(
            text(
                "When it ends: a UTC date or `never`; null if unknown. What Entra ID said counts more than what was "
                "typed.",
                pattern="^(?:never|[0-9]{4}-[0-9]{2}-[0-9]{2})$",
            )
        ),
        "daysLeft": {
            "type": ["integer", "null"],
            "description": "Calendar days from today (UTC): 0 on the day itself, negative after it; null if it never "
            "ends or that is unknown.",
        },
    },
)

ADMIN_CONSENT = record(
    "What is proven of an administrator's consent: a token of the tenant, fetched anew, carried the permission, or "
    "free/busy times were read. Never taken from a browser.",
    {
        "granted": or_null(
            flag("Whether it is proven, or was refused; null where nothing is known or where users consent.")
        ),
        "grantedAt": or_null(moment("Since when it is known.")),
    },
)
