"""Settings of all tests: property tests are the same at each run, and however slow the machine."""

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")
