"""Options of Kafka clients: addresses, encryption, credentials."""

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Any, Final, NoReturn

from aiokafka.abc import AbstractTokenProvider

from attribution.config.environment import read_secret_file
from attribution.config.settings import Kafka
from attribution.errors import ConfigurationError

_SPEAKS_OF_CREDENTIALS: Final = "aiokafka.conn"
"""At debug level this logger writes whole requests, with passwords and tokens."""


class TokenFile(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Reads the OAuth token from a file for each connection: tokens are replaced before they expire."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """Return the token.

        Raises:
            OSError: the file can't be read or holds no token; aiokafka then tries to connect again.
        """
        text = await asyncio.to_thread(self._path.read_text, encoding="utf-8", errors="replace")
        token = text.strip()
        if not token.isascii() or not token.isprintable() or not token:
            raise OSError(f"{self._path} (kafka.oauth_token_file) holds no token")
        return token


def client_options(kafka: Kafka) -> dict[str, Any]:
    """Return the keyword arguments that all aiokafka clients share.

    Raises:
        ConfigurationError: ``kafka.bootstrap`` is not set, or a file that a setting names can't be used.
    """
    if kafka.bootstrap is None:
        raise ConfigurationError("kafka.bootstrap", "is not set: name the brokers, as host:port[,host:port…]")
    logging.getLogger(_SPEAKS_OF_CREDENTIALS).addFilter(_is_no_debugging)
    return {
        "bootstrap_servers": kafka.bootstrap,
        "security_protocol": kafka.security_protocol,
        "ssl_context": _ssl_context(kafka) if kafka.uses_tls else None,
        **(_sasl_options(kafka) if kafka.uses_sasl else {}),
    }


def _is_no_debugging(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def _sasl_options(kafka: Kafka) -> dict[str, Any]:
    if kafka.oauth_token_file:
        read_secret_file(kafka.oauth_token_file, "kafka.oauth_token_file")
        token = TokenFile(kafka.oauth_token_file)
        return {"sasl_mechanism": kafka.sasl_mechanism, "sasl_oauth_token_provider": token}
    return {
        "sasl_mechanism": kafka.sasl_mechanism,
        "sasl_plain_username": kafka.username,
        "sasl_plain_password": kafka.password and kafka.password.get_secret_value(),
    }


def _ssl_context(kafka: Kafka) -> ssl.SSLContext:
    context = _trusting(kafka.ca_file)
    if kafka.certificate_file:
        _present(context, kafka.certificate_file, kafka.key_file)
    return context


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that verifies certificates and host names.

    Without a file it trusts the authorities of the system.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigurationError("kafka.ca_file", f"{ca_file} {_why(error)}") from None


def _present(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    """Load the certificate and key of the client into the context."""
    name = "kafka.key_file" if key else "kafka.certificate_file"
    read_secret_file(certificate, "kafka.certificate_file")
    read_secret_file(key or certificate, name)
    try:
        context.load_cert_chain(certificate, key, password=_refuse_to_ask)
    except OSError as error:
        raise ConfigurationError(name, f"{key or certificate} {_why(error)}") from None


def _refuse_to_ask() -> NoReturn:
    raise ConfigurationError("kafka.key_file", "needs a pass phrase: use a key without one")


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"is not the right kind of PEM file, or does not match: {error.reason or error}"
    return f"can't be read: {error.strerror}"
