"""Where the simulated services answer, and the settings that make a process use them."""

from tests.sandbox.certificates import Authority
from tests.sandbox.microsoft.surroundings import Surroundings


class Addresses:
    """The addresses of a simulated Microsoft, known from its construction on."""

    _shared: Surroundings
    _authority: Authority

    @property
    def entra_url(self) -> str:
        """Where Entra ID answers."""
        return self._shared.entra_url

    @property
    def graph_url(self) -> str:
        """Where Graph answers; also the audience of its tokens."""
        return self._shared.graph_url

    @property
    def vault_url(self) -> str:
        """Where the Key Vault answers."""
        return self._shared.vault_url

    @property
    def communication_url(self) -> str:
        """Where Communication Services answer; an EMAIL_URL."""
        return self._shared.communication_url

    @property
    def identity_url(self) -> str:
        """Where the managed identity endpoint answers, in plain HTTP as App Service's."""
        return self._shared.identity_url

    @property
    def vault_resource(self) -> str:
        """The resource of tokens for the vault, as its challenge names it."""
        return self._shared.vault_resource

    @property
    def identity_header(self) -> str:
        """The secret of the managed identity endpoint."""
        return self._shared.identity_header

    def environment(self) -> dict[str, str]:
        """Return the settings that make a process use this Microsoft. How e-mail goes out is not among them."""
        bundle = str(self._authority.bundle_file)
        return {
            "ENTRA_URL": self.entra_url,
            "GRAPH_URL": self.graph_url,
            "KEY_VAULT_URL": self.vault_url,
            "IDENTITY_ENDPOINT": f"{self.identity_url}/msi/token",
            "IDENTITY_HEADER": self.identity_header,
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
        }
