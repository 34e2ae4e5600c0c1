"""A certificate authority for the sandbox, made anew at every start, and the one server certificate it issues.

Clients trust it through files: `REQUESTS_CA_BUNDLE` for requests (MSAL), `SSL_CERT_FILE` for aiohttp and azure-core
(facts: runtime.md 3). Both *replace* the usual roots, so `bundle.pem` has certifi's roots too.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

import certifi
import trustme


@dataclass(frozen=True)
class Authority:
    """The files of one authority; `create` makes them."""

    ca_file: Path
    bundle_file: Path
    certificate_file: Path
    key_file: Path

    @classmethod
    def create(cls, folder: Path) -> "Authority":
        """Make an authority and a certificate for localhost, 127.0.0.1 and ::1, and write them into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        made = trustme.CA(organization_name="Sandbox authority, trust it nowhere else")
        issued = made.issue_cert("localhost", "127.0.0.1", "::1")
        files = cls(folder / "ca.pem", folder / "bundle.pem", folder / "server.pem", folder / "server.key")
        made.cert_pem.write_to_path(files.ca_file)
        files.bundle_file.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + files.ca_file.read_bytes())
        files.certificate_file.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        files.key_file.touch(mode=0o600)
        issued.private_key_pem.write_to_path(files.key_file)
        return files

    def server_context(self) -> ssl.SSLContext:
        """Return the TLS settings of a server with this certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate_file, self.key_file)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return the TLS settings of a client that trusts this authority and no other."""
        return ssl.create_default_context(cafile=str(self.ca_file))
