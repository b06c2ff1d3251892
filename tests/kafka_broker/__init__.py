"""A real Kafka for development and tests.

``provided`` gives a running one, the first of these that this machine has: the brokers that ``KAFKA_BOOTSTRAP`` names, a
container, a broker from Maven Central. ``Broker`` is always the last of them, a process of our own, for tests that kill,
pause or secure it. ``python -m kafka_broker`` runs one in the foreground.
"""

from kafka_broker.broker import Broker
from kafka_broker.errors import BrokerError, NoKafkaError
from kafka_broker.provider import provided
from kafka_broker.secured import Secured, secured, unsecured_token
from kafka_broker.tls import TlsMaterial, tls_material

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
