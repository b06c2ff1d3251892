"""Certificates for a broker on this machine."""

import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from attribution_tests.kafka_broker.errors import NoKafkaError

_PASSWORD: Final = "keystore-secret"  # noqa: S105 - of files that exist only during a test
_KEY: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_CONFIGURATION: Final = """\
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class TlsMaterial(NamedTuple):
    """The files and password that a broker and its clients need for TLS.

    Attributes:
        authority: The certificate that clients trust, as PEM.
        keystore: The broker's key and certificate for ``localhost``, as PKCS12.
        password: The password of the keystore.
    """

    authority: Path
    keystore: Path
    password: str


def tls_material(folder: Path) -> TlsMaterial:
    """Make a certificate authority and a broker's certificate, valid for two days.

    Raises:
        NoKafkaError: openssl is missing.
    """
    (folder / "openssl.cnf").write_text(_CONFIGURATION)
    _make_authority(folder)
    _make_server(folder)
    _openssl(
        folder, "pkcs12", "-export", "-name", "server", "-inkey", "server.key", "-in", "server.pem",
        "-certfile", "ca.pem", "-passout", f"pass:{_PASSWORD}", "-out", "server.p12",
    )  # fmt: skip
    return TlsMaterial(folder / "ca.pem", folder / "server.p12", _PASSWORD)


def _make_authority(folder: Path) -> None:
    _openssl(
        folder, "req", "-x509", *_KEY, "-config", "openssl.cnf", "-extensions", "authority", "-days", "2",
        "-subj", "/CN=Authority of the tests", "-keyout", "ca.key", "-out", "ca.pem",
    )  # fmt: skip


def _make_server(folder: Path) -> None:
    _openssl(
        folder, "req", "-new", *_KEY, "-config", "openssl.cnf", "-subj", "/CN=localhost",
        "-keyout", "server.key", "-out", "server.csr",
    )  # fmt: skip
    _openssl(
        folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-days", "2", "-extfile", "openssl.cnf", "-extensions", "server", "-out", "server.pem",
    )  # fmt: skip


def _openssl(folder: Path, *arguments: str) -> None:
    if shutil.which("openssl") is None:
        raise NoKafkaError("Certificates for a broker require openssl: apt-get install openssl.")
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
