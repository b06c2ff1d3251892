"""Shared by the tests of the embedded host: runs in this and other processes, inputs, and waiting."""

import signal
import subprocess
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from fcntl import ioctl
from io import BytesIO
from pathlib import Path
from random import Random
from termios import FIONREAD
from time import monotonic
from typing import Any, Final, Self, TypeAlias

import msgspec

from attribution.commands.simulate import Scenario, simulate, write_directory, write_stream
from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.records.topics import READ
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.engine.producer_record import ProducerRecord
from attribution.hosts.embedded.plan import Plan
from attribution.hosts.embedded.run import EmbeddedRun
from attribution.hosts.embedded.totals import StepReport
from attribution_tests.program import ENVIRONMENT, PROGRAM

T: Final = 1_767_225_600_000
"""New Year 2026."""
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
PIPE: Final = subprocess.PIPE
DEADLINE_SECONDS: Final = 60.0
_INSTANT_SECONDS: Final = 0.002
Files: TypeAlias = dict[str, bytes]


def plan_for(input_: Path | str, output: Path, state: Path | None = None, **more: Any) -> Plan:
    plan = Plan(
        input=str(input_),
        output=output,
        state=state,
        default_policy=DEFAULT_POLICY,
        step_records=5_000,
        cache_touches=500_000,
        sqlite_cache_bytes=1 << 22,
        memory_limit_bytes=1 << 40,
        order_age_ms=365 * DAY,
    )
    return plan._replace(**more)


def small_plan(folder: Path, lines: bytes, **more: Any) -> Plan:
    """Return a plan with a state file, for a stream of the given lines."""
    stream = folder / "input"
    stream.write_bytes(lines)
    return plan_for(stream, folder / "out", folder / "state", **more)


def process(plan: Plan) -> list[StepReport]:
    """Run a plan in this process up to the end of the input."""
    steps: list[StepReport] = []
    with closing(EmbeddedRun(plan)) as run:
        run.run(steps.append, lambda: False)
    return steps


def run_partly(plan: Plan, steps: int) -> None:
    """Run a plan in this process for a number of steps."""
    done: list[object] = []
    with closing(EmbeddedRun(plan)) as run:
        run.run(done.append, lambda: len(done) == steps)


def files_of(directory: Path) -> Files:
    return {file.name: file.read_bytes() for file in sorted(directory.iterdir())}


def outputs_of(directory: Path) -> dict[str, list[bytes]]:
    return {file.stem: file.read_bytes().splitlines() for file in sorted(directory.iterdir())}


def decoded(directory: Path, topic: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in (directory / f"{topic}.ndjson").read_bytes().splitlines()]


def decided(directory: Path) -> list[str]:
    """Return the order ids of all decisions, in the order of the decisions."""
    return [decision["order_id"] for decision in decoded(directory, "decisions")]


def size_of(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.glob("*.ndjson"))


def lines_of(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def traffic(events: int = 3_000) -> Iterator[ProducerRecord]:
    """Generate dense traffic: few buyers, late and repeated events, and all kinds of invalid records."""
    shares = {"broken_ppm": 5_000, "repeated_ppm": 20_000, "late_ppm": 100_000}
    return simulate(
        Scenario(seed=11, events=events, buyers=60, rooms=4, hours=48, tick_ms=HOUR, **shares),
    )


def write_disordered(records: Iterable[ProducerRecord], stream: Path) -> None:
    """Write a stream whose records are up to some hundred lines too early or too late."""
    chance = Random(5)  # noqa: S311 - the same for each run
    whole = BytesIO()
    write_stream(records, whole)
    placed = [
        (place + chance.randrange(600), text) for place, text in enumerate(whole.getvalue().splitlines())
    ]
    stream.write_bytes(b"".join(text + b"\n" for _, text in sorted(placed)))


def write_sorted(records: Iterable[ProducerRecord], directory: Path) -> None:
    """Write a directory whose files are sorted by their records' own times."""
    write_directory(records, directory)
    for topic in READ:
        file = directory / f"{topic.name}.ndjson"
        if file.exists():
            lines = file.read_bytes().splitlines(keepends=True)
            times = TopicDecoder(topic).own_timestamps(lines, 0)
            numbers = sorted(range(len(lines)), key=times.__getitem__)
            file.write_bytes(b"".join(lines[number] for number in numbers))


def click(number: int, **fields: Any) -> dict[str, Any]:
    known = {"event_id": f"c{number}", "occurred_at": T + number, "click_id": f"k{number}", "link_id": "L"}
    return {**known, "buyer_id": "B", "surface": "live", **fields}


def paid(number: int, **fields: Any) -> dict[str, Any]:
    """Return an order that is decided at once, as organic if nothing else is known."""
    known = {"event_id": f"p{number}", "occurred_at": T + number, "order_id": f"o{number}", "buyer_id": "B"}
    facts = {"type": "paid", "placed_at": T + number, "merchant_id": "M", "product_id": "X", "quantity": 1}
    return {**known, **facts, "currency": "CNY", "paid_amount": 100, "carrier": "live", **fields}


def link(**fields: Any) -> dict[str, Any]:
    known = {"link_id": "L", "promoter_id": "P", "target": "any", "effective_from": T - 10 * DAY}
    return {**known, "valid_from": T - 10 * DAY, **fields}


def line(value: dict[str, Any]) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def envelope(topic: str, value: dict[str, Any] | bytes, timestamp: int | None = None) -> bytes:
    raw = msgspec.Raw(value if isinstance(value, bytes) else msgspec.json.encode(value))
    stamp = {} if timestamp is None else {"timestamp": timestamp}
    return msgspec.json.encode({"topic": topic, "value": raw, **stamp}) + b"\n"


def orders(numbers: Iterable[int]) -> bytes:
    """Return lines of an orders file."""
    return b"".join(line(paid(number)) for number in numbers)


def envelopes(numbers: Iterable[int]) -> bytes:
    """Return lines of a stream, one order each."""
    return b"".join(envelope("orders", paid(number)) for number in numbers)


class Program:
    """``attribution run`` in another process, which is killed at the end of the ``with`` block."""

    def __init__(self, *arguments: object, folder: Path, stdin: int | None = None, **more: str) -> None:
        self.log = folder / "stderr"
        self.printed = folder / "stdout"
        with ExitStack() as files:
            self.process = subprocess.Popen(
                [*PROGRAM, "run", *map(str, arguments)],
                env=ENVIRONMENT | {"ATTRIBUTION_HTTP__ENABLED": "false"} | more,
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=files.enter_context(self.printed.open("wb")),
                stderr=files.enter_context(self.log.open("wb")),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()

    def until(self, condition: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> bool:
        """Wait for a condition; return False if the process ended before it was met."""
        deadline = monotonic() + seconds
        while not condition():
            if self._has_ended():
                return condition()
            assert monotonic() < deadline, f"condition not met within {seconds} s: {self.said()}"
        return True

    def write(self, data: bytes) -> None:
        """Write to standard input and flush."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end(self, seconds: float = DEADLINE_SECONDS) -> int:
        """Close standard input, wait for the exit, and return the exit code."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        return self.process.wait(seconds)

    def terminate(self, seconds: float = DEADLINE_SECONDS) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """Send SIGKILL and wait for the exit."""
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        """Return what the program wrote to standard error."""
        return self.log.read_text()

    def _has_ended(self) -> bool:
        try:
            self.process.wait(_INSTANT_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return True


def run_program(*arguments: object, folder: Path, stdin: int | None = None, **more: str) -> tuple[int, str]:
    """Run the program to its end; return its exit code and its standard error."""
    with Program(*arguments, "-q", folder=folder, stdin=stdin, **more) as program:
        return program.end(), program.said()


def waiting_in(pipe: int) -> int:
    """Return the number of unread bytes in a pipe."""
    count = array("i", [0])
    ioctl(pipe, FIONREAD, count)
    return count[0]


def arguments_for(input_: Path | str, folder: Path) -> Sequence[object]:
    """Return the arguments of a run with output and state in a folder."""
    return ("-i", input_, "-o", folder / "out", "--state", folder / "state")
