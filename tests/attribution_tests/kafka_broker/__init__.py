"""A real Kafka for development and tests.

``provided`` gives a running Kafka. It takes the first of these that this machine has: the brokers that
``KAFKA_BOOTSTRAP`` names, a container, a broker from Maven Central. ``Broker`` is always a broker from Maven
Central in a process of our own, for tests that kill, pause or secure it.
``python -m attribution_tests.kafka_broker`` runs a broker in the foreground.
"""

from attribution_tests.kafka_broker.broker import Broker
from attribution_tests.kafka_broker.errors import BrokerError, NoKafkaError
from attribution_tests.kafka_broker.provider import provided
from attribution_tests.kafka_broker.secured import Secured, secured, unsecured_token
from attribution_tests.kafka_broker.tls import TlsMaterial, tls_material

__all__ = [
    "Broker",
    "BrokerError",
    "NoKafkaError",
    "Secured",
    "TlsMaterial",
    "provided",
    "secured",
    "tls_material",
    "unsecured_token",
]
