"""Settings and fixtures of all tests. Property tests are the same in each run, and have no deadline."""

from hypothesis import settings

from attribution_tests.kafka_deployment.fixtures import bootstrap, deployed, doors, prefix, tls

__all__ = ["bootstrap", "deployed", "doors", "prefix", "tls"]

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")
