"""Settings: one TOML file, ``ATTRIBUTION_*`` variables over it, and what is wrong with them.

``settings`` declares every section and key, ``variables`` reads the environment, ``file`` the TOML file, ``loading``
puts them together, ``faults`` says what is wrong in the words of a user, ``showing`` prints what is in effect.
Secrets are never printed, logged, or part of an error.
"""

from attribution.hosts.config.loading import load
from attribution.hosts.config.settings import Settings

__all__ = ["Settings", "load"]
