"""The words that answers choose from: those of the domain's enumerations, each with what it means."""

from lib.domain.checkup import CheckName, Outcome
from lib.domain.configuration import ConfigurationType, Consent, Details
from lib.domain.errors import Owner
from lib.web.openapi.parts import Json, word

WORDS: Json = {
    "ConfigurationType": word(
        "How the calendars are reached: `none`, there is no integration; `basic`, by this deployment's own "
        "application, for trying out only; `advanced`, by the customer's own application.",
        ConfigurationType,
    ),
    "Provider": word("The calendar service; there is one so far.", ["office365"]),
    "Consent": word(
        "Who consents: `user`, each user connects a calendar (delegated permissions; the only one for Basic); `admin`, "
        "an administrator consents for all (application permissions).",
        Consent,
    ),
    "Details": word(
        "How much callers see of an appointment: `time`, status, start and end only; `full`, also subject, location "
        "and privacy flag as Microsoft Graph gave them.",
        Details,
    ),
    "ConfigurationState": word(
        "`untested`: nothing is in use yet. `ready`: calendars work. `failing`: the last test of the revision in use "
        "failed; it keeps answering.",
        ["untested", "ready", "failing"],
    ),
    "CheckName": word("What was checked.", CheckName),
    "CheckOutcome": word(
        "`passed`; `failed`: calendars do not work until it is mended; `warning`: they work, but somebody should look; "
        "`skipped`: it needs a check that failed, or is not needed.",
        Outcome,
    ),
    "Owner": word(
        "Who can mend it: `user`, the person whose calendar it is; `atsAdmin`, the administrator of the ATS; "
        "`entraAdmin` and `exchangeAdmin`, those of the customer's Microsoft Entra ID and Exchange; `operator`, who "
        "runs this deployment.",
        Owner,
    ),
    "ConnectionState": word(
        "`connected`: look-ups work. `notConnected`: never connected, or disconnected. `reconnectRequired`: Entra ID "
        "ended it; `reason` and `remedy` say why and what to do. `notNeeded`: an administrator consents for all.",
        ["connected", "notConnected", "reconnectRequired", "notNeeded"],
    ),
}
