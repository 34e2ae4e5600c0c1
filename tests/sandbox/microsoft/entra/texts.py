"""The AADSTS codes: their OAuth errors, texts and suberrors (facts 3.3, 4)."""

# code: (the OAuth `error`, the text)
TEXTS = {
    16000: (
        "interaction_required",
        "Either multiple user identities are available for the current request or selected account is not supported "
        "for the scenario.",
    ),
    50011: (
        "invalid_request",
        "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
        "application '{app}'. Make sure the redirect URI sent in the request matches one added to your application "
        "in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to fix "
        "this.",
    ),
    50020: (
        "invalid_request",
        "User account '{user}' from identity provider 'https://sts.windows.net/{provider}/' does not exist in "
        "tenant '{name}' and cannot access the application '{app}'({app_name}) in that tenant. The account needs to "
        "be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active "
        "Directory user account.",
    ),
    50034: (
        "invalid_grant",
        "The user account {user} does not exist in the {tenant} directory. To sign into this application, the "
        "account must be added to the directory.",
    ),
    50057: ("invalid_grant", "The user account is disabled."),
    50058: ("login_required", "A silent sign-in request was sent but no user is signed in."),
    50059: (
        "invalid_request",
        "No tenant-identifying information found in either the request or implied by any provided credentials.",
    ),
    50076: (
        "invalid_grant",
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
        "use multi-factor authentication to access '{resource}'.",
    ),
    50105: (
        "invalid_grant",
        "Your administrator has configured the application {app_name} ('{app}') to block users unless they are "
        "specifically granted ('assigned') access to the application. The signed in user '{{EmailHidden}}' is "
        "blocked because they are not a direct member of a group with access, nor had access directly assigned by "
        "an administrator. Please contact your administrator to assign access to this application.",
    ),
    50147: ("invalid_request", "Missing Code_Challenge parameter."),
    50149: ("invalid_request", "Invalid Code_Challenge_method parameter."),
    50173: (
        "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have "
        "changed or reset their password. The grant was issued on '{issued}' and the TokensValidFrom date (before "
        "which tokens are not valid) for this user is '{valid_from}'.",
    ),
    50194: (
        "invalid_request",
        "Application '{app}'({app_name}) is not configured as a multi-tenant application. Usage of the /common "
        "endpoint is not supported for such applications created after '10/15/2018'. Use a tenant-specific endpoint "
        "or configure the application to be multi-tenant.",
    ),
    53003: (
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    54005: (
        "invalid_grant",
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "
        "refresh token.",
    ),
    65001: (
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID '{app}' named '{app_name}'. "
        "Send an interactive authorization request for this user and resource.",
    ),
    65004: ("consent_required", "{reason}"),
    70000: (
        "invalid_grant",
        "The provided value for the '{parameter}' parameter is not valid: it was issued to another client.",
    ),
    70003: ("unsupported_grant_type", "The app requested an unsupported grant type '{grant}'."),
    70005: (
        "unsupported_response_type",
        "The provided value for the input parameter 'response_type' isn't allowed for this client. Expected value "
        "is 'code'.",
    ),
    70007: ("invalid_request", "'{mode}' is not a supported value of 'response_mode' when requesting a token."),
    70008: (
        "invalid_grant",
        "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
        "authorization request for this user and resource.",
    ),
    70011: (
        "invalid_scope",
        "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid. The scope "
        "format is invalid. Scope must be in a valid URI form <https://example/scope> or a valid Guid <guid/scope>.",
    ),
    70043: (
        "invalid_grant",
        "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access. The "
        "token was issued on {issued} and the maximum allowed lifetime for this request is {seconds}.",
    ),
    90002: (
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant.",
    ),
    90023: ("invalid_request", "Unsupported 'prompt' value."),
    90093: ("access_denied", "GraphUserUnauthorized: Graph returned with a forbidden error code for the request."),
    90094: ("access_denied", "The grant requires admin permission."),
    90095: (
        "access_denied",
        "{app_name} needs permission to access resources in your organization that only an admin can grant. Request "
        "approval to use this app.",
    ),
    500011: (
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant named {name}. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You might have sent your authentication request to the wrong tenant.",
    ),
    500112: (
        "invalid_client",
        "The reply address '{uri}' does not match the reply address '{asked}' provided when requesting "
        "Authorization code.",
    ),
    500113: ("invalid_request", "No reply address is registered for the application."),
    501481: (
        "invalid_grant",
        "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    ),
    501491: ("invalid_request", "Invalid size of Code_Challenge parameter."),
    650053: (
        "invalid_client",
        "The application '{app_name}' asked for scope '{scope}' that doesn't exist on the resource "
        "'00000003-0000-0000-c000-000000000000'. Contact the app vendor.",
    ),
    700005: (
        "invalid_grant",
        "The provided authorization code is intended to use against other tenant, thus rejected.",
    ),
    700016: (
        "unauthorized_client",
        "Application with identifier '{app}' was not found in the directory '{name}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant.",
    ),
    700027: ("invalid_client", "Client assertion contains an invalid signature. [Reason - The key was not found.]"),
    700082: (
        "invalid_grant",
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was inactive for "
        "90.00:00:00.",
    ),
    900023: (
        "invalid_request",
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
    ),
    900144: ("invalid_request", "The request body must contain the following parameter: '{parameter}'."),
    900432: ("invalid_request", "Confidential Client is not supported in Cross Cloud request."),
    900941: (
        "access_denied",
        "{app_name} needs permission to access resources in your organization that only an admin can grant. This "
        "app may be risky. If you trust this app, please ask your admin to grant you access.",
    ),
    900971: ("invalid_request", "No reply address provided."),
    1002012: (
        "invalid_scope",
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
    ),
    7000112: ("unauthorized_client", "Application '{app}'({app_name}) is disabled."),
    7000215: (
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
        "not the client secret ID, for a secret added to app '{app}'.",
    ),
    7000218: (
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    7000222: (
        "invalid_client",
        "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to create new keys for "
        "your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: "
        "https://aka.ms/certCreds.",
    ),
    7000229: (
        "invalid_client",
        "The client application {app} is missing service principal in the tenant {tenant_id}. See instructions "
        "here: https://go.microsoft.com/fwlink/?linkid=2225119",
    ),
    9002313: ("invalid_grant", "Invalid request. Request is malformed or invalid."),
}

SUBERRORS = {
    50034: "bad_token",
    50076: "basic_action",
    50173: "bad_token",
    53003: "message_only",
    65001: "consent_required",
    70000: "client_mismatch",
    70043: "token_expired",
}
"""What the token endpoint says beside the `error`, as seen in public logs."""

STEP_UP = {50076, 53003}
"""Codes whose answers carry a `claims` challenge for the next sign-in."""
