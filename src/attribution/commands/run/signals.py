"""Ends a run between two steps on SIGTERM or SIGINT."""

import signal
from types import FrameType, TracebackType
from typing import Final, Self

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Records that SIGTERM or SIGINT arrived, inside a ``with`` block.

    A SIGINT after the first signal interrupts at once.
    """

    def __init__(self) -> None:
        self._received = False

    def received(self) -> bool:
        """Return whether a signal arrived."""
        return self._received

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._receive) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, _: FrameType | None) -> None:
        if self._received and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._received = True
