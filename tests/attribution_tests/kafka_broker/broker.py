"""A broker in its own process."""

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from attribution_tests.kafka_broker.answering import DEADLINE_SECONDS, answers_in_time
from attribution_tests.kafka_broker.errors import BrokerError, last_lines
from attribution_tests.kafka_broker.java import server, storage_tool
from attribution_tests.kafka_broker.ports import is_free
from attribution_tests.kafka_broker.settings import address_of, settings_of, write_settings

_CLUSTER: Final = "YXR0cmlidXRpb24tdGVzdA"
"""A UUID as Kafka writes it: base64 of 16 bytes, here of ``attribution-test``."""
_STOP_SECONDS: Final = 30.0


class Broker:
    """One Kafka node on the loopback interface, with its data and log in a folder.

    The methods that start it run an event loop until it answers. Inside a coroutine, call them with
    ``asyncio.to_thread``.

    Attributes:
        bootstrap: ``host:port`` of its plaintext listener.
        log: The file with its log over all its starts.
    """

    def __init__(self, root: Path, settings: Mapping[str, str]) -> None:
        self.bootstrap: Final = address_of("PLAINTEXT", settings)
        self.log: Final = root / "broker.log"
        self._settings: Final = root / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        write_settings(settings, self._settings)

    @classmethod
    @contextmanager
    def start(
        cls,
        root: Path,
        overrides: Mapping[str, str] = {},
        *,
        scram_users: Mapping[str, str] = {},
        port: int | None = None,
    ) -> Iterator[Self]:
        """Start a new broker; it is killed at the end of the ``with`` block.

        Args:
            root: An empty folder.
            overrides: Settings that replace or complement those of ``settings.ONE_NODE``.
            scram_users: Passwords by user name, for SCRAM-SHA-256.
            port: The port of the plaintext listener; a free one if not given.

        Raises:
            NoKafkaError: Java or Kafka's jars are missing.
            BrokerError: The broker does not start.
        """
        if port and not is_free(port):
            raise BrokerError(f"Port {port} is in use: stop what uses it, or choose another port.")
        broker = cls(root, settings_of(root / "data", overrides, port))
        broker._format(scram_users)
        try:
            broker.start_again()
            yield broker
        finally:
            broker.kill()

    def start_again(self) -> None:
        """Restart a killed or stopped broker with the same data and ports.

        Raises:
            BrokerError: The broker ended or did not answer in time.
        """
        assert self._has_ended(), "stop or kill the broker first"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                server(self._settings), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        if not answers_in_time(self.bootstrap, self._has_ended):
            what = "ended" if self._has_ended() else f"did not answer within {DEADLINE_SECONDS:.0f} s"
            self.kill()
            raise BrokerError(f"The started broker {what}. {self._said()}")

    def kill(self) -> None:
        """Send SIGKILL and wait for the exit."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Stop gracefully and wait for the exit."""
        if self._process is not None:
            self._process.terminate()
            self.resume()
            self._process.wait(_STOP_SECONDS)

    def pause(self) -> None:
        """Send SIGSTOP: connections stay open, but no request is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Send SIGCONT."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _format(self, scram_users: Mapping[str, str]) -> None:
        users = [f"SCRAM-SHA-256=[name={name},password={password}]" for name, password in scram_users.items()]
        command = storage_tool("format", "--cluster-id", _CLUSTER, "--config", str(self._settings))
        with self.log.open("ab") as log:
            done = subprocess.run(
                command + [word for user in users for word in ("--add-scram", user)],
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise BrokerError(f"The broker's data folder could not be prepared. {self._said()}")

    def _said(self) -> str:
        return f"Its log, {self.log}, ends with:{last_lines(self.log.read_text().splitlines())}"
