"""Settings: one TOML file, and ``ATTRIBUTION_*`` variables that override it.

- ``settings`` declares every section and key, ``field_types`` their formats;
- ``load`` reads the TOML file and puts everything together, ``environment`` reads the variables;
- ``cross_checks`` finds invalid combinations of keys, ``messages`` has the error messages;
- ``render`` prints the settings in effect, ``cli_option`` has the options that commands share;
- ``logging`` sets up logs, ``kafka_clients`` the options of Kafka clients.

Secrets are never printed, logged, or part of an error.
"""

from attribution.config.load import load
from attribution.config.settings import Settings

__all__ = ["Settings", "load"]
