"""Settings of a broker that requires authentication."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from time import time
from typing import Any, Final, NamedTuple

from attribution_tests.kafka_broker.ports import LOOPBACK, free_ports
from attribution_tests.kafka_broker.settings import listeners_on
from attribution_tests.kafka_broker.tls import TlsMaterial

_MODULES: Final = "org.apache.kafka.common.security"
_TOKEN_SECONDS: Final = 3_600


class Secured(NamedTuple):
    """Settings of a broker with SASL listeners beside the plaintext one, and their addresses.

    Attributes:
        overrides: The argument for ``Broker.start``.
        scram_users: The argument for ``Broker.start``.
        sasl_ssl: ``host:port`` of the listener for PLAIN, SCRAM-SHA-256 and OAUTHBEARER over TLS.
        sasl_plaintext: ``host:port`` of the listener for PLAIN and SCRAM-SHA-256 without TLS.
    """

    overrides: Mapping[str, str]
    scram_users: Mapping[str, str]
    sasl_ssl: str
    sasl_plaintext: str


def secured(tls: TlsMaterial, users: Mapping[str, str]) -> Secured:
    """Return settings that accept the passwords of users, and unsigned tokens of any name."""
    plaintext, controller, over_tls, without_tls = free_ports(4)
    sasl_ssl, sasl_plaintext = f"localhost:{over_tls}", f"{LOOPBACK}:{without_tls}"
    listeners = f"SASL_SSL://{sasl_ssl},SASL_PLAINTEXT://{sasl_plaintext}"
    overrides = {
        "listeners": f"{listeners_on(plaintext, controller)},{listeners}",
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.location": str(tls.keystore),
        "ssl.keystore.password": tls.password,
        **_mechanisms("sasl_ssl", {**_by_password(users), "OAUTHBEARER": _BY_TOKEN}),
        **_mechanisms("sasl_plaintext", _by_password(users)),
    }
    return Secured(overrides, users, sasl_ssl, sasl_plaintext)


def unsecured_token(name: str) -> str:
    """Return an unsigned JSON Web Token, which Kafka's own validator for development accepts."""
    now = int(time())
    parts = ({"alg": "none"}, {"sub": name, "iat": now, "exp": now + _TOKEN_SECONDS})
    return "".join(f"{_encoded(part)}." for part in parts)


_BY_TOKEN: Final = (
    f'{_MODULES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";'
)


def _by_password(users: Mapping[str, str]) -> Mapping[str, str]:
    known = " ".join(f'user_{name}="{password}"' for name, password in users.items())
    return {
        "PLAIN": f"{_MODULES}.plain.PlainLoginModule required {known};",
        "SCRAM-SHA-256": f"{_MODULES}.scram.ScramLoginModule required;",
    }


def _mechanisms(listener: str, modules: Mapping[str, str]) -> Mapping[str, str]:
    prefix = f"listener.name.{listener}"
    return {
        f"{prefix}.sasl.enabled.mechanisms": ",".join(modules),
        **{f"{prefix}.{name.lower()}.sasl.jaas.config": module for name, module in modules.items()},
    }


def _encoded(part: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
