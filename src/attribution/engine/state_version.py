"""The version of a state, which both its writer and its readers check."""

from typing import NamedTuple

from attribution.errors import StateError


class StateVersion(NamedTuple):
    """The version that a program writes, the oldest that it reads, and the release of the program."""

    number: int
    oldest: int
    release: str

    def check(self, found: int, release: str, where: str, otherwise: str) -> None:
        """Check that this program reads a state.

        Args:
            found: the version of the state.
            release: the release that wrote it; empty if the state does not say.
            where: the place of the state.
            otherwise: what else to do.

        Raises:
            StateError: it does not. The text says which release does.
        """
        if found < self.oldest:
            needed = "upgrade through a release that reads both"
        elif found > self.number:
            needed = f"run attribution {release} or later" if release else "run the release that wrote it"
        else:
            return
        raise StateError(
            f"{where} has state version {found}, attribution {self.release} reads {self.oldest} to "
            f"{self.number}: {needed}, or {otherwise}"
        )
