"""Fixtures of a real Kafka. Without one, the tests fail and say what to install."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Final

import pytest

from attribution.config.settings import Kafka
from attribution_tests.kafka_broker import Broker, Secured, TlsMaterial, provided, secured, tls_material
from attribution_tests.kafka_deployment.deployed import Deployed

_NUMBERS: Final = count(1)
_RUN: Final = token_hex(3)
"""Distinguishes this run: a Kafka that KAFKA_BOOTSTRAP names still has the topics of other runs."""


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``host:port`` of the Kafka of this run."""
    with provided(tmp_path_factory.mktemp("kafka")) as address:
        yield address


@pytest.fixture
def prefix() -> str:
    """The prefix of this test's topics, groups and transactional ids, such as ``t17-3f09ab-``."""
    return f"t{next(_NUMBERS)}-{_RUN}-"


@pytest.fixture
def deployed(bootstrap: str, prefix: str, tmp_path: Path) -> Deployed:
    """A deployment for this test; its topics have four partitions."""
    one = Deployed(Kafka(bootstrap=bootstrap, topic_prefix=prefix), tmp_path)
    one.create_topics()
    return one


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsMaterial:
    """A certificate authority and a broker certificate that it signed."""
    return tls_material(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def doors(tls: TlsMaterial, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """The listeners of a broker that requires authentication and knows the user alice."""
    doors = secured(tls, {"alice": "alice-secret"})
    with Broker.start(tmp_path_factory.mktemp("secured"), doors.overrides, scram_users=doors.scram_users):
        yield doors
