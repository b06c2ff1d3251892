"""Tests on a real Kafka; a package, so that its conftest is not the one above for mypy."""
