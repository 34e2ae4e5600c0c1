"""The dictionary of Microsoft's codes: complete, readable, polite about what it does not know."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.advice import Advice, Topic, all_codes, find_entra_codes, for_entra, for_graph, for_schedule
from lib.domain.errors import Owner

# Every AADSTS code that a calendar administrator can meet (Microsoft Learn, "Microsoft Entra authentication and
# authorization error codes", and codes seen in public logs), by what the application was doing.
CREDENTIAL = [7000215, 7000222, 7000218, 700027, 700030, 50012, 50013, 700024, 7000112, 7000229, 700016, 50194]
RESOURCE = [501051, 500011, 70011, 1002012, 90009]
FEDERATED = [70021, 700211, 700212, 700213, 70025, 7000226, 700229, 7002131, 7002241, 700235, 700238]
TENANT = [90002, 900023, 50059, 50128, 90038, 900432, 1000104, 5000225]
REDIRECT = [50011, 500113, 900971, 50020, 50034]
CONSENT = [65001, 65004, 90094, 90095, 900941, 90093]
POLICY = [50105, 53003, 53000, 53001, 530032, 530035, 50076, 50078, 50079, 70043]
USER = [50126, 50053, 50055, 50057, 50173, 54005, 70008, 700005, 501481, 50147, 501491, 700082, 700084]
SPA = [9002325, 9002326, 9002327]
OTHER = [1002016, 90033, 90006, 90024, 50196, 90055, 9002313, 900144, 90014, 700021, 70002, 70003, 70005]
ENTRA = [*CREDENTIAL, *RESOURCE, *FEDERATED, *TENANT, *REDIRECT, *CONSENT, *POLICY, *USER, *SPA, *OTHER]

# One address of an answer (EWS ResponseCode), as numbers and as names.
PER_ADDRESS = [
    *("5009", "5006", "5002", "ErrorMailRecipientNotFound", "ErrorResultSetTooBig", "ErrorMailboxDataArrayTooBig"),
    *("ErrorNoFreeBusyAccess", "ErrorProxyRequestProcessingFailed", "ErrorProxyRequestNotAllowed"),
    *(
        "ErrorServiceDiscoveryFailed",
        "ErrorInvalidOrganizationRelationshipForFreeBusy",
        "ErrorFreeBusyGenerationFailed",
    ),
    *(
        "ErrorFreeBusyDLLimitReached",
        "ErrorMailboxLogonFailed",
        "ErrorMailboxStoreUnavailable",
        "ErrorWin32InteropError",
    ),
    *("ErrorMailboxMoveInProgress", "ErrorTimeoutExpired", "ErrorServerBusy", "ErrorInvalidSmtpAddress"),
    "ErrorIndividualMailboxLimitReached",
]

# A whole request of Graph: status and code.
WHOLE_REQUEST = [
    (400, "ErrorInvalidTimeInterval"),
    (400, "ErrorTimeIntervalTooBig"),
    (400, "ErrorInvalidMergedFreeBusyInterval"),
    (400, "ErrorMailboxDataArrayTooBig"),
    (400, "ErrorMailboxDataArrayEmpty"),
    (400, "TimeZoneNotSupportedException"),
    (400, "BadRequest"),
    (400, "RequestBodyRead"),
    (400, "ErrorInvalidParameter"),
    (400, "ErrorRequestStreamTooBig"),
    (400, "5006"),
    (404, "MailboxNotEnabledForRESTAPI"),
    (404, "ErrorInvalidUser"),
    (404, "ResourceNotFound"),
    (404, "ErrorItemNotFound"),
    (404, "Request_ResourceNotFound"),
    (404, "ErrorNonExistentMailbox"),
    (403, "ErrorAccessDenied"),
    (403, "Authorization_RequestDenied"),
    (401, "InvalidAuthenticationToken"),
    (429, "ApplicationThrottled"),
    (429, "TooManyRequests"),
    (429, "activityLimitReached"),
    (503, "serviceNotAvailable"),
]

EVERY_ENTRY = [pytest.param(advice, id=code) for code, advice in all_codes().items()]

# Everything that can be said about what the dictionary does not know.
OAUTH_ERRORS = [
    *("invalid_client", "invalid_grant", "unauthorized_client", "invalid_request", "unsupported_grant_type"),
    *("unsupported_response_type", "invalid_scope", "invalid_resource", "interaction_required", "login_required"),
    *("consent_required", "access_denied", "permission_denied", "invalid_tenant", "wrong_tenant"),
    *("temporarily_unavailable", "server_error", "never_heard_of", "", None),
]
SUBERRORS = [
    *("consent_required", "basic_action", "additional_action", "message_only", "user_password_expired"),
    *("bad_token", "protection_policy_required", "device_authentication_failed", "client_mismatch"),
]
FALLBACKS = [
    *(pytest.param(for_entra([123456], error), id=f"number with {error}") for error in OAUTH_ERRORS),
    *(pytest.param(for_entra([], error), id=f"no number with {error}") for error in OAUTH_ERRORS),
    *(pytest.param(for_entra([123456], "invalid_grant", sub), id=f"suberror {sub}") for sub in SUBERRORS),
    *(pytest.param(for_graph(status, "NewCode"), id=f"{status} NewCode") for status in range(400, 512)),
    *(pytest.param(for_graph(status, None), id=f"{status}") for status in range(400, 512)),
    *(pytest.param(for_schedule(code), id=f"schedule {code}") for code in ("5999", "ErrorNew", "", None)),
]


class TestEveryCodeOfTheFactsIsKnown:
    @pytest.mark.parametrize("number", ENTRA)
    def test_an_entra_code_is_in_the_dictionary(self, number: int) -> None:
        advice = for_entra([number])

        assert advice.topic is not Topic.UNKNOWN
        assert advice is all_codes()[f"AADSTS{number}"]

    @pytest.mark.parametrize("code", PER_ADDRESS)
    def test_a_code_of_one_address_is_in_the_dictionary(self, code: str) -> None:
        assert for_schedule(code).topic is not Topic.UNKNOWN
        assert for_schedule(code) is all_codes()[code]

    @pytest.mark.parametrize(("status", "code"), WHOLE_REQUEST)
    def test_a_code_of_a_whole_request_is_in_the_dictionary(self, status: int, code: str) -> None:
        assert for_graph(status, code).topic is not Topic.UNKNOWN
        assert for_graph(status, code) is all_codes()[code]

    def test_no_code_is_explained_twice(self) -> None:
        codes = [code.lower() for code in all_codes()]

        assert len(set(codes)) == len(codes)

    def test_number_and_name_of_one_error_say_the_same(self) -> None:
        for number, name in [("5009", "ErrorMailRecipientNotFound"), ("5006", "ErrorResultSetTooBig")]:
            assert for_schedule(number).message == for_schedule(name).message
        assert for_schedule("5002").message == for_schedule("ErrorMailboxDataArrayTooBig").message


class TestEveryTextCanBeRead:
    @pytest.mark.parametrize("advice", [*EVERY_ENTRY, *FALLBACKS])
    def test_message_and_remedy_are_plain_finished_sentences(self, advice: Advice) -> None:
        assert isinstance(advice.owner, Owner)
        for text, longest in [(advice.message, 400), (advice.remedy, 700)]:
            assert text == text.strip()
            assert text[0].isupper() or text[0].isdigit()
            assert text.endswith(".")
            assert len(text) <= longest
            assert not re.search(r"[{}<!]|  |\.\.|\. ,|None", text)

    @pytest.mark.parametrize("advice", EVERY_ENTRY)
    def test_the_portal_is_called_by_todays_name(self, advice: Advice) -> None:
        text = f"{advice.message} {advice.remedy}"

        assert not re.search(r"Azure Active Directory|Azure AD|Azure portal|Enterprise applications", text)

    @pytest.mark.parametrize("advice", EVERY_ENTRY)
    def test_numbered_steps_start_at_one(self, advice: Advice) -> None:
        assert ("1. " in advice.remedy) == ("2. " in advice.remedy)

    @pytest.mark.parametrize("advice", EVERY_ENTRY)
    def test_what_passes_by_itself_says_to_try_again(self, advice: Advice) -> None:
        if advice.topic in {Topic.THROTTLED, Topic.TRANSIENT}:
            assert advice.retry
        if advice.retry:
            assert re.search(r"again|once more", advice.remedy)


# code, topic, owner, retry, and what must be said
IMPORTANT_ENTRA = [
    (7000215, Topic.CREDENTIAL, Owner.ATS_ADMIN, False, "Value (not the Secret ID)"),
    (7000222, Topic.CREDENTIAL_EXPIRED, Owner.ENTRA_ADMIN, False, "Certificates & secrets > New client secret"),
    (7000218, Topic.CREDENTIAL, Owner.ATS_ADMIN, False, "client secret's Value"),
    (7000112, Topic.POLICY, Owner.ENTRA_ADMIN, False, "Enabled for users to sign in"),
    (7000229, Topic.CONSENT, Owner.ENTRA_ADMIN, False, "admin consent link"),
    (700016, Topic.CONSENT, Owner.ATS_ADMIN, False, "application (client) ID"),
    (501051, Topic.CONSENT, Owner.ENTRA_ADMIN, False, "Privileged Role Administrator"),
    (500011, Topic.OURS, Owner.OPERATOR, False, "MICROSOFT_CLOUD"),
    (700213, Topic.CREDENTIAL, Owner.ENTRA_ADMIN, False, "object (principal) ID"),
    (90002, Topic.TENANT, Owner.ATS_ADMIN, False, "Check the tenant ID"),
    (900023, Topic.TENANT, Owner.ATS_ADMIN, False, "verified domain"),
    (90038, Topic.TENANT, Owner.ATS_ADMIN, False, "cloud"),
    (50011, Topic.REDIRECT, Owner.ENTRA_ADMIN, False, "Authentication"),
    (9002327, Topic.REDIRECT, Owner.ENTRA_ADMIN, False, "under Web"),
    (65001, Topic.CONSENT, Owner.ENTRA_ADMIN, False, "admin consent link"),
    (65004, Topic.CONSENT, Owner.USER, False, "choose Accept"),
    (90094, Topic.CONSENT, Owner.ENTRA_ADMIN, False, "Cloud Application Administrator"),
    (90095, Topic.CONSENT, Owner.ENTRA_ADMIN, False, "Admin consent requests"),
    (900941, Topic.CONSENT, Owner.ENTRA_ADMIN, False, "Global Administrator"),
    (90093, Topic.CONSENT, Owner.ENTRA_ADMIN, False, "Privileged Role Administrator"),
    (50105, Topic.POLICY, Owner.ENTRA_ADMIN, False, "Users and groups"),
    (53003, Topic.POLICY, Owner.ENTRA_ADMIN, False, "Sign-in logs"),
    (50020, Topic.SIGN_IN, Owner.USER, False, "work account"),
    (50173, Topic.GRANT, Owner.USER, False, "Connect your calendar"),
    (700082, Topic.GRANT, Owner.USER, False, "Connect your calendar"),
    (50076, Topic.GRANT, Owner.USER, False, "multifactor authentication"),
    (54005, Topic.SIGN_IN, Owner.USER, False, "do not reload"),
    (90033, Topic.TRANSIENT, Owner.OPERATOR, True, "Try again"),
    (90055, Topic.THROTTLED, Owner.OPERATOR, True, "Try again"),
    (50196, Topic.THROTTLED, Owner.OPERATOR, True, "try again"),
]
IMPORTANT_GRAPH = [
    (403, "ErrorAccessDenied", Topic.PERMISSION, Owner.ENTRA_ADMIN, False, "up to two hours"),
    (403, "ErrorAccessDenied", Topic.PERMISSION, Owner.ENTRA_ADMIN, False, "RBAC for Applications"),
    (403, "ErrorAccessDenied", Topic.PERMISSION, Owner.ENTRA_ADMIN, False, "application access policy"),
    (401, "InvalidAuthenticationToken", Topic.CREDENTIAL, Owner.OPERATOR, True, "MICROSOFT_CLOUD"),
    (404, "MailboxNotEnabledForRESTAPI", Topic.MAILBOX, Owner.ATS_ADMIN, False, "licence"),
    (400, "TimeZoneNotSupportedException", Topic.REQUEST, Owner.ATS_ADMIN, False, "UTC"),
    (400, "ErrorTimeIntervalTooBig", Topic.REQUEST, Owner.ATS_ADMIN, False, "shorter time"),
    (429, "ApplicationThrottled", Topic.THROTTLED, Owner.OPERATOR, True, "Retry-After"),
    (400, "5006", Topic.ADDRESS, Owner.USER, False, "shorter time"),
]
IMPORTANT_ADDRESS = [
    ("5009", Topic.ADDRESS, Owner.ATS_ADMIN, False, "user principal name"),
    ("5006", Topic.ADDRESS, Owner.USER, False, "1,000 entries"),
    ("5002", Topic.REQUEST, Owner.ATS_ADMIN, False, "instead of for a list"),
    ("ErrorNoFreeBusyAccess", Topic.ADDRESS, Owner.USER, False, "Sharing and permissions"),
    ("ErrorProxyRequestProcessingFailed", Topic.ADDRESS, Owner.EXCHANGE_ADMIN, True, "candidates"),
    ("ErrorMailboxMoveInProgress", Topic.TRANSIENT, Owner.EXCHANGE_ADMIN, True, "being moved"),
]


class TestTheImportantCodesSayTheImportantThing:
    @pytest.mark.parametrize(("number", "topic", "owner", "retry", "phrase"), IMPORTANT_ENTRA)
    def test_entra(self, number: int, topic: Topic, owner: Owner, retry: bool, phrase: str) -> None:
        advice = for_entra([number])

        assert (advice.topic, advice.owner, advice.retry) == (topic, owner, retry)
        assert phrase in f"{advice.message} {advice.remedy}"

    @pytest.mark.parametrize(("status", "code", "topic", "owner", "retry", "phrase"), IMPORTANT_GRAPH)
    def test_graph(self, status: int, code: str, topic: Topic, owner: Owner, retry: bool, phrase: str) -> None:
        advice = for_graph(status, code)

        assert (advice.topic, advice.owner, advice.retry) == (topic, owner, retry)
        assert phrase in f"{advice.message} {advice.remedy}"

    @pytest.mark.parametrize(("code", "topic", "owner", "retry", "phrase"), IMPORTANT_ADDRESS)
    def test_schedule(self, code: str, topic: Topic, owner: Owner, retry: bool, phrase: str) -> None:
        advice = for_schedule(code)

        assert (advice.topic, advice.owner, advice.retry) == (topic, owner, retry)
        assert phrase in f"{advice.message} {advice.remedy}"

    @pytest.mark.parametrize("advice", EVERY_ENTRY)
    def test_a_mailbox_not_found_first_asks_whether_the_name_is_the_e_mail_address(self, advice: Advice) -> None:
        if advice.topic is Topic.MAILBOX:
            first = advice.remedy.split(". ")[0]
            assert "user principal name" in first
            assert "e-mail address" in first


class TestSeveralCodes:
    def test_the_finer_code_wins_wherever_it_stands(self) -> None:
        assert for_entra([70021, 700213]).code == "AADSTS700213"
        assert for_entra([700213, 70021]).code == "AADSTS700213"

    def test_a_code_that_only_says_it_failed_gives_way(self) -> None:
        assert for_entra([70002, 50012]).code == "AADSTS50012"
        assert for_entra([9002313, 54005]).code == "AADSTS54005"

    def test_a_known_code_wins_over_an_unknown_one(self) -> None:
        assert for_entra([123456789, 65001], "invalid_grant").code == "AADSTS65001"

    def test_a_known_code_wins_over_the_oauth_error(self) -> None:
        assert for_entra([7000222], "invalid_grant", "bad_token").topic is Topic.CREDENTIAL_EXPIRED


class TestWhatTheDictionaryDoesNotKnow:
    @pytest.mark.parametrize(
        ("error", "topic", "owner", "retry"),
        [
            ("invalid_client", Topic.CREDENTIAL, Owner.ATS_ADMIN, False),
            ("invalid_grant", Topic.GRANT, Owner.USER, False),
            ("unauthorized_client", Topic.CONSENT, Owner.ATS_ADMIN, False),
            ("invalid_request", Topic.OURS, Owner.OPERATOR, False),
            ("invalid_scope", Topic.OURS, Owner.OPERATOR, False),
            ("invalid_resource", Topic.OURS, Owner.OPERATOR, False),
            ("interaction_required", Topic.GRANT, Owner.USER, False),
            ("consent_required", Topic.CONSENT, Owner.ENTRA_ADMIN, False),
            ("access_denied", Topic.CONSENT, Owner.USER, False),
            ("permission_denied", Topic.CONSENT, Owner.USER, False),
            ("temporarily_unavailable", Topic.TRANSIENT, Owner.OPERATOR, True),
            ("server_error", Topic.TRANSIENT, Owner.OPERATOR, True),
            ("invalid_tenant", Topic.TENANT, Owner.ATS_ADMIN, False),
            ("never_heard_of", Topic.UNKNOWN, Owner.OPERATOR, False),
            (None, Topic.UNKNOWN, Owner.OPERATOR, False),
        ],
    )
    def test_an_unknown_number_degrades_by_the_oauth_error(
        self, error: str | None, topic: Topic, owner: Owner, retry: bool
    ) -> None:
        advice = for_entra([123456], error)

        assert (advice.topic, advice.owner, advice.retry) == (topic, owner, retry)

    def test_an_unknown_number_stays_the_code_and_can_be_looked_up(self) -> None:
        advice = for_entra([123456], "invalid_client")

        assert advice.code == "AADSTS123456"
        assert "we do not know" in advice.message
        assert "https://login.microsoftonline.com/error?code=123456" in advice.remedy
        assert "trace ID" in advice.remedy
        assert "correlation ID" in advice.remedy

    def test_without_a_number_the_oauth_error_is_the_code(self) -> None:
        advice = for_entra([], "invalid_scope")

        assert advice.code == "invalid_scope"
        assert "https://" not in advice.remedy

    def test_the_suberror_is_more_specific_than_the_error(self) -> None:
        assert for_entra([123456], "invalid_grant", "consent_required").topic is Topic.CONSENT
        assert for_entra([123456], "invalid_grant", "message_only").topic is Topic.POLICY

    @pytest.mark.parametrize("error", ["<script>", "a b", "x" * 65, "naïve", "line\nbreak", ""])
    def test_an_oauth_error_that_is_no_word_is_never_repeated(self, error: str) -> None:
        assert for_entra([], error).code == "unknown"

    @pytest.mark.parametrize("number", [0, -65001, 10**9, pytest.param(10**5000, id="huge")])
    def test_a_number_that_cannot_be_a_code_is_ignored(self, number: int) -> None:
        assert for_entra([number], "invalid_client").code == "invalid_client"

    @pytest.mark.parametrize(
        ("status", "topic", "owner", "retry"),
        [
            (400, Topic.REQUEST, Owner.ATS_ADMIN, False),
            (401, Topic.CREDENTIAL, Owner.OPERATOR, True),
            (403, Topic.PERMISSION, Owner.ENTRA_ADMIN, False),
            (404, Topic.MAILBOX, Owner.ATS_ADMIN, False),
            (409, Topic.UNKNOWN, Owner.OPERATOR, False),
            (413, Topic.REQUEST, Owner.ATS_ADMIN, False),
            (423, Topic.TRANSIENT, Owner.OPERATOR, True),
            (429, Topic.THROTTLED, Owner.OPERATOR, True),
            (500, Topic.TRANSIENT, Owner.OPERATOR, True),
            (502, Topic.TRANSIENT, Owner.OPERATOR, True),
            (503, Topic.TRANSIENT, Owner.OPERATOR, True),
            (504, Topic.TRANSIENT, Owner.OPERATOR, True),
            (509, Topic.THROTTLED, Owner.OPERATOR, True),
        ],
    )
    @pytest.mark.parametrize("code", ["UnknownError", "ErrorOfTomorrow", None])
    def test_an_unknown_code_of_graph_degrades_by_status(
        self, status: int, code: str | None, topic: Topic, owner: Owner, retry: bool
    ) -> None:
        advice = for_graph(status, code)

        assert (advice.topic, advice.owner, advice.retry) == (topic, owner, retry)
        assert advice.code == (code or f"HTTP {status}")

    def test_a_refusal_by_status_alone_names_the_delay_and_both_ways_to_limit_mailboxes(self) -> None:
        remedy = for_graph(403, None).remedy

        assert "RBAC for Applications" in remedy
        assert "application access policy" in remedy
        assert "two hours" in remedy

    def test_a_code_of_graph_that_is_no_word_is_never_repeated(self) -> None:
        assert for_graph(403, "<b>no</b>").code == "HTTP 403"

    def test_an_unknown_address_code_is_kept_and_may_pass(self) -> None:
        advice = for_schedule("ErrorOfTomorrow")

        assert (advice.code, advice.topic, advice.retry) == ("ErrorOfTomorrow", Topic.UNKNOWN, True)

    @pytest.mark.parametrize("code", [None, "", " ", "no word"])
    def test_an_address_without_a_usable_code_is_unknown(self, code: str | None) -> None:
        assert for_schedule(code).code == "unknown"


class TestSpelling:
    @pytest.mark.parametrize("code", ["erroraccessdenied", "ERRORACCESSDENIED", " ErrorAccessDenied "])
    def test_codes_match_in_any_letter_case(self, code: str) -> None:
        assert for_graph(403, code).code == "ErrorAccessDenied"
        assert for_schedule(code).code == "ErrorAccessDenied"

    def test_the_code_decides_before_the_status(self) -> None:
        assert for_graph(500, "MailboxNotEnabledForRESTAPI").topic is Topic.MAILBOX


class TestFindingCodesInARedirect:
    def test_the_number_is_found_in_a_real_description(self) -> None:
        text = "AADSTS65004: User declined to consent to access the app. Trace ID: 0000aaaa-11bb Timestamp: 2026-01-09"

        assert find_entra_codes(text) == [65004]

    def test_several_numbers_come_in_order_and_once(self) -> None:
        assert find_entra_codes("AADSTS70002: no. AADSTS50012: no. AADSTS70002 again") == [70002, 50012]

    def test_at_most_five_are_returned(self) -> None:
        assert len(find_entra_codes(" ".join(f"AADSTS{n}" for n in range(50000, 50100)))) == 5

    def test_only_the_beginning_is_read(self) -> None:
        assert find_entra_codes("x" * 3989 + "AADSTS65001") == [65001]
        assert find_entra_codes("x" * 4000 + "AADSTS65001") == []

    @pytest.mark.parametrize(
        "text",
        ["", "AADSTS", "AADSTS-65001", "AADSTS6x5001", "AADSTS1234567890", "AADSTS٦٥٠٠١", "aadsts65001", "65001"],
    )
    def test_what_is_not_a_code_is_not_found(self, text: str) -> None:
        assert find_entra_codes(text) == []

    @given(
        st.one_of(
            st.text(),
            st.lists(st.sampled_from(["AADSTS", "0", "65001", "9" * 12, "٣", "\0", " ", "x" * 500])).map("".join),
            st.from_regex(r"(AADSTS[0-9]{0,30}.?){0,20}"),
        )
    )
    def test_hostile_text_never_raises_and_gives_few_small_numbers(self, text: str) -> None:
        found = find_entra_codes(text)

        assert len(found) <= 5
        assert all(isinstance(code, int) and 0 <= code <= 999_999_999 for code in found)

    @given(st.lists(st.integers(), max_size=8), st.none() | st.text(), st.none() | st.text())
    def test_any_answer_of_entra_gets_advice_that_repeats_nothing(
        self, codes: list[int], error: str | None, suberror: str | None
    ) -> None:
        advice = for_entra(codes, error, suberror)

        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", advice.code)
        assert advice.message.endswith(".")

    @given(st.integers(min_value=400, max_value=599), st.none() | st.text())
    def test_any_answer_of_graph_gets_advice_that_repeats_nothing(self, status: int, code: str | None) -> None:
        assert re.fullmatch(r"[A-Za-z0-9_. -]{1,64}", for_graph(status, code).code)
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", for_schedule(code).code)


def test_the_dictionary_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        all_codes()["AADSTS65001"] = for_entra([65004])  # type: ignore[index]
