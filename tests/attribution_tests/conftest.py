"""Settings and fixtures of all tests. Property tests are the same in each run, and have no deadline."""

import pytest
from hypothesis import settings

from attribution_tests.folder_minutes import FolderMinutes
from attribution_tests.kafka_deployment.fixtures import bootstrap, deployed, doors, prefix, tls

__all__ = ["bootstrap", "deployed", "doors", "prefix", "tls"]

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FolderMinutes(), "folder-minutes")
