"""Run Kafka in the foreground: ``python -m attribution_tests.kafka_broker [--port 9092]``."""

import os
import signal
import sys
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Final

from attribution_tests.kafka_broker import BrokerError, NoKafkaError, provided

_LOOK_SECONDS: Final = 0.5


def main() -> int:
    """Run Kafka until an interrupt; return the exit code."""
    port = _port()
    # A shell may start a background process with SIGINT ignored, so SIGINT needs a handler too.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt), TemporaryDirectory(prefix="kafka-") as folder:
            _run(Path(folder), port)
    except (BrokerError, NoKafkaError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _port() -> int:
    parser = ArgumentParser(prog="kafka_broker", description="Run a Kafka broker for development.")
    parser.add_argument("--port", type=int, default=9092, help="the port to listen on (default: %(default)s)")
    return int(parser.parse_args().port)


def _run(folder: Path, port: int) -> None:
    with provided(folder, port) as bootstrap:
        if os.environ.get("KAFKA_BOOTSTRAP"):
            sys.stdout.write(f"Kafka  {bootstrap} from KAFKA_BOOTSTRAP; nothing was started\n")
        else:
            sys.stdout.write(f"Kafka  {bootstrap}\nstop   Ctrl-C, which also deletes its data\n")
            sys.stdout.flush()
            _wait()


def _wait() -> None:
    """Wait until an interrupt, or until a child process ends, which can only be the broker."""
    has_ended = Event()
    signal.signal(signal.SIGCHLD, lambda *_: has_ended.set())
    while not has_ended.wait(_LOOK_SECONDS):
        pass  # a signal that arrives just before wait() is handled at the next iteration
    raise BrokerError("The broker ended by itself.")


if __name__ == "__main__":
    sys.exit(main())
