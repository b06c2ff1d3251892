"""Settings: one TOML file, ``ATTRIBUTION_*`` variables over it, and what is wrong with them.

``settings`` declares every section and key, ``kinds`` their forms, ``variables`` reads the environment, ``loading`` the
TOML file, and puts them together, ``combinations`` says what does not go together, ``faults`` what is wrong in the words of
a user, ``showing`` prints what is in effect, ``option`` is how commands take the file.
Secrets are never printed, logged, or part of an error.
"""

from attribution.config.load import load
from attribution.config.settings import Settings

__all__ = ["Settings", "load"]
