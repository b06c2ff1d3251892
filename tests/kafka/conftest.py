"""A real Kafka for all tests of this folder; where none is to be had, they fail and say what to install."""

from collections.abc import Iterator
from itertools import count
from secrets import token_hex
from typing import Final

import pytest

from kafka_broker import provided

_NUMBERS: Final = count(1)
_RUN: Final = token_hex(3)
"""Of this run: a Kafka that KAFKA_BOOTSTRAP names still has the topics of others."""


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``host:port`` of the one Kafka of the run."""
    with provided(tmp_path_factory.mktemp("kafka")) as address:
        yield address


@pytest.fixture
def prefix() -> str:
    """What the names of this test's topics, groups and transactional ids begin with, such as ``t17-3f09ab-``."""
    return f"t{next(_NUMBERS)}-{_RUN}-"
