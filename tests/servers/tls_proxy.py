"""An HTTPS proxy on the loopback that answers for every host of Yahoo, with a certificate authority of its own."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from servers.yahoo import Market, YahooHandler, YahooServer

HOSTS = ("yahoo.com", "*.yahoo.com", "*.finance.yahoo.com")


def make_certificates(folder: Path) -> tuple[Path, Path]:
    """Write an authority's certificate and a server's chain with its key, valid for a day; return the two files."""
    now = datetime.now(UTC)

    def builder(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        subject_name, issuer_name = (
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)
        )
        return (
            x509.CertificateBuilder()
            .subject_name(subject_name)
            .issuer_name(issuer_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
        )

    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = (
        builder("Test authority", "Test authority", authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        builder("Local Yahoo", "Test authority", server_key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    bundle, chain = folder / "authority.pem", folder / "server.pem"
    bundle.write_bytes(authority.public_bytes(pem))
    chain.touch(mode=0o600)
    chain.write_bytes(
        server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + server.public_bytes(pem)
    )
    return bundle, chain


class ProxyHandler(YahooHandler):
    """A tunnel to a host of Yahoo ends here; one to any other host is refused."""

    tls: ssl.SSLContext

    def do_CONNECT(self) -> None:  # noqa: N802 - the name that http.server calls
        host = self.path.rpartition(":")[0]
        if not f".{host}".endswith(".yahoo.com"):
            self.send_error(403, "Only yahoo.com is served here")
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        try:
            self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        except OSError:  # the client does not trust us
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # the server closes the socket below the tunnel only


@contextmanager
def proxying(market: Market, folder: Path, port: int = 0) -> Iterator[Mapping[str, str]]:
    """Serve `market` as Yahoo; gives the variables that lead a client here. Certificates go into `folder`."""
    bundle, chain = make_certificates(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain)
    handler = type("Handler", (ProxyHandler,), {"tls": tls})
    with YahooServer(market, handler, port).running() as server:
        authority = str(bundle)
        yield {  # the client looks at the bundle of requests first, which a machine may have set
            "HTTPS_PROXY": f"http://127.0.0.1:{server.port}",
            "REQUESTS_CA_BUNDLE": authority,
            "CURL_CA_BUNDLE": authority,
        }
