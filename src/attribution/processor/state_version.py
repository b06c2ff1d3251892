"""The version of the state, the same for every host: that of the row layout which changed last."""

from typing import Final

from attribution import __version__
from attribution.engine.state_version import StateVersion
from attribution.processor.layout import rows

_NUMBER: Final = max(layout.version for layout in rows.ALL)

ON_KAFKA: Final = StateVersion(_NUMBER, oldest=1, release=__version__)
EMBEDDED: Final = StateVersion(_NUMBER, oldest=2, release=__version__)
"""Version 1 of the embedded host was never released."""
