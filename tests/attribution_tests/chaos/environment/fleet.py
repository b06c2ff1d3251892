"""Keep workers running as an orchestrator does: restart each one that ends."""

import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final, Self

from attribution_tests.kafka_deployment.deployed import Deployed

_LOOK_AGAIN_SECONDS: Final = 0.1
_END_SECONDS: Final = 15.0
DEFECTS: Final = frozenset({1, 2, 66, 70, 74, 78})
"""Exit codes that a restart does not fix."""


def wiped(stores: Path) -> None:
    """Delete a worker's stores."""
    shutil.rmtree(stores, ignore_errors=True)


class Fleet:
    """Start workers by name, and restart those that end by themselves.

    Attributes:
        exits: The number of exits by exit code; a negative code is a signal.
    """

    def __init__(self, deployed: Deployed, **variables: str) -> None:
        self.exits: Counter[int] = Counter()
        self._deployed = deployed
        self._variables = variables
        self._wanted: dict[str, dict[str, str]] = {}
        self._planted: dict[str, str] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._stacks = ExitStack()
        self._lock = Lock()
        self._is_over = Event()
        self._thread = Thread(target=self._keep, name="fleet")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._stacks.close()

    def names(self) -> list[str]:
        """Return the names of the workers that should run."""
        return list(self._wanted)

    def start(self, name: str, planted: str = "", **variables: str) -> None:
        """Start a worker. Its first process runs the code ``planted`` before its own."""
        with self._lock:
            self._wanted[name] = variables
            self._start(name, planted)

    def plant(self, name: str, code: str) -> None:
        """Plant code in a worker's next process."""
        with self._lock:
            self._planted[name] = code

    def kill(self, name: str, then: Callable[[Path], None] | None = None) -> None:
        """Send SIGKILL, then call ``then`` with the folder of the stores. The worker is restarted."""
        with self._lock:
            self._running[name].kill()
            if then is not None:
                self._running[name].wait(_END_SECONDS)
                then(self.stores_of(name))

    def stores_of(self, name: str) -> Path:
        """Return the folder of a worker's stores."""
        return self._deployed.folder / f"state-{name}"

    def lose(self, name: str) -> None:
        """Send SIGKILL to a worker and do not restart it."""
        with self._lock:
            del self._wanted[name]
            self._running[name].kill()
            self._record_end(name)

    def pause(self, name: str) -> None:
        """Send SIGSTOP."""
        self._running[name].send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Send SIGCONT."""
        self._running[name].send_signal(signal.SIGCONT)

    def stop(self, name: str) -> int:
        """Stop a worker gracefully and for good; return its exit code."""
        with self._lock:
            del self._wanted[name]
            self._running[name].terminate()
            return self._record_end(name)

    def log_of(self, name: str) -> str:
        """Return the log of a worker over all its starts."""
        return self._deployed.log_of(name)

    def _start(self, name: str, planted: str) -> None:
        variables = self._variables | self._wanted[name]
        started = self._deployed.worker(name, planted, **variables)
        self._running[name] = self._stacks.enter_context(started)

    def _record_end(self, name: str) -> int:
        code = self._running[name].wait(_END_SECONDS)
        self.exits[code] += 1
        return code

    def _keep(self) -> None:
        while not self._is_over.wait(_LOOK_AGAIN_SECONDS):
            with self._lock:
                for name in self._wanted:
                    if self._running[name].poll() is not None:
                        self._record_end(name)
                        self._start(name, self._planted.pop(name, ""))
