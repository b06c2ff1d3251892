"""Planted in a run on files: it kills itself after some commits."""

import os
import signal
from itertools import count
from typing import Final

from attribution.engine.stores.sqlite import SqliteStore

_COMMITS: Final = 3


def install() -> None:
    """Die by SIGKILL at the end of the third commit of this process."""
    commit, commits = SqliteStore.commit, count(1)

    def dying(self: SqliteStore) -> None:
        commit(self)
        if next(commits) == _COMMITS:
            os.kill(os.getpid(), signal.SIGKILL)

    SqliteStore.commit = dying  # type: ignore[method-assign]
