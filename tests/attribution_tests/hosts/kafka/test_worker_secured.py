"""A worker on a broker that requires authentication."""

from pathlib import Path
from typing import Any

import pytest

from attribution.config.settings import Kafka
from attribution_tests.hosts.kafka.test_worker import assert_as_expected
from attribution_tests.kafka_broker import Secured, TlsMaterial
from attribution_tests.kafka_deployment.deployed import Deployed, stop
from attribution_tests.kafka_deployment.traffic import traffic


def over_tls(doors: Secured, tls: TlsMaterial) -> dict[str, Any]:
    return {
        "bootstrap": doors.sasl_ssl,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-256",
        "ca_file": tls.authority,
    }


def without_tls(doors: Secured, _: TlsMaterial) -> dict[str, Any]:
    return {
        "bootstrap": doors.sasl_plaintext,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "allow_sasl_plaintext": True,
    }


@pytest.mark.parametrize("way", [over_tls, without_tls])
def test_a_worker_authenticates(
    way: Any, doors: Secured, tls: TlsMaterial, prefix: str, tmp_path: Path
) -> None:
    keys = {**way(doors, tls), "username": "alice", "password": "alice-secret"}
    deployed = Deployed(Kafka(**keys, topic_prefix=prefix), tmp_path)
    deployed.create_topics()
    deployed.publish(traffic(2_000, seed=14))
    variables = {f"ATTRIBUTION_KAFKA__{key.upper()}": str(value) for key, value in keys.items()}
    with deployed.worker(**variables) as worker:
        deployed.wait_until_done()
        assert stop(worker) == 0
    assert_as_expected(deployed)
