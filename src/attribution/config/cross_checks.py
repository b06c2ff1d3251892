"""Finds invalid combinations of Kafka settings."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from attribution.config.settings import Kafka

TIMEOUT_IN_COMMITS: Final = 5
"""The transaction timeout must be at least this many commit intervals."""

_BY_PASSWORD: Final = ("username", "password_file", "password")
_BY_TOKEN: Final = ("oauth_token_file",)
_TLS_FILES: Final = ("ca_file", "certificate_file", "key_file")


class Clash(NamedTuple):
    """A key of the section, and what is wrong with it beside the other keys."""

    key: str
    reason: str


def clashes(kafka: Kafka) -> Iterator[Clash]:
    """Yield the invalid combinations; passwords have already been read from their file."""
    yield from _of_sasl(kafka) if kafka.uses_sasl else _of_no_sasl(kafka)
    yield from _of_tls(kafka)
    yield from _of_times(kafka)


def _of_no_sasl(kafka: Kafka) -> Iterator[Clash]:
    reason = (
        f"is for kafka.security_protocol SASL_SSL, not {kafka.security_protocol}: set that, or leave it out"
    )
    return _set(kafka, ("sasl_mechanism", *_BY_PASSWORD, *_BY_TOKEN), reason)


def _of_sasl(kafka: Kafka) -> Iterator[Clash]:
    if kafka.security_protocol == "SASL_PLAINTEXT" and not kafka.allow_sasl_plaintext:
        yield Clash(
            "security_protocol",
            "SASL_PLAINTEXT does not encrypt: use SASL_SSL, or set kafka.allow_sasl_plaintext = true "
            "on a network that you trust",
        )
    mechanism = kafka.sasl_mechanism
    if mechanism is None:
        yield Clash("sasl_mechanism", f"is not set, and {kafka.security_protocol} needs one")
    elif mechanism == "OAUTHBEARER":
        yield from _unset(kafka, ("oauth_token_file",), f"is not set, and {mechanism} needs it")
        yield from _set(kafka, _BY_PASSWORD, f"is not used with {mechanism}: leave it out")
    else:
        yield from _unset(kafka, ("username", "password"), f"is not set, and {mechanism} needs it")
        yield from _set(kafka, _BY_TOKEN, f"is not used with {mechanism}: leave it out")


def _of_tls(kafka: Kafka) -> Iterator[Clash]:
    if not kafka.uses_tls:
        reason = f"is for kafka.security_protocol SSL and SASL_SSL, not {kafka.security_protocol}"
        yield from _set(kafka, _TLS_FILES, f"{reason}: set that, or leave it out")
    if kafka.certificate_file is None:
        yield from _set(kafka, ("key_file",), "needs kafka.certificate_file as well")


def _of_times(kafka: Kafka) -> Iterator[Clash]:
    least = TIMEOUT_IN_COMMITS * kafka.commit_interval_ms
    if kafka.transaction_timeout_ms < least:
        yield Clash(
            "transaction_timeout_ms",
            f"should be at least {least}, {TIMEOUT_IN_COMMITS} times kafka.commit_interval_ms, "
            f"not {kafka.transaction_timeout_ms}",
        )


def _set(kafka: Kafka, keys: Iterable[str], reason: str) -> Iterator[Clash]:
    return (Clash(key, reason) for key in keys if getattr(kafka, key) is not None)


def _unset(kafka: Kafka, keys: Iterable[str], reason: str) -> Iterator[Clash]:
    return (Clash(key, reason) for key in keys if getattr(kafka, key) is None)
