"""The last decisions and the sums of the ledger match the oracle, in any order and form of input."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from threading import Thread
from typing import Any, BinaryIO, Final

import msgspec
import pytest

from attribution.domain.records.topics import BY_NAME, READ, REFERENCES
from attribution_tests.hosts.embedded import embedded_runs as runs
from attribution_tests.oracle import Arrival, arrivals, shuffled
from attribution_tests.processor.against_oracle import check, last_decisions, sums

SEEDS: Final = range(15)
SALT: Final = 7_000
KINDS: Final = {topic.name: topic.key.strip("<").partition("_id>")[0] for topic in REFERENCES}


def stream_of(history: list[Arrival]) -> bytes:
    return b"".join(runs.envelope(one.topic, one.value, one.timestamp) for one in history)


def write_bare(history: list[Arrival], directory: Path) -> Path:
    directory.mkdir()
    for topic in READ:
        values = [one.value + b"\n" for one in history if one.topic == topic.name]
        if values:
            (directory / f"{topic.name}.ndjson").write_bytes(b"".join(values))
    return directory


def in_own_time(history: list[Arrival]) -> list[Arrival]:
    """Return the history as a directory of bare records gives it: each at its own time, in the total order.

    Of several reference records with the same key it keeps one: all would have the same record timestamp.
    """
    by_key: dict[object, Arrival] = {}
    for one in history:
        event = msgspec.json.decode(one.value)
        if BY_NAME[one.topic].role == "reference":
            since = event["effective_from"]
            by_key[one.topic, event[f"{KINDS[one.topic]}_id"], since] = Arrival(one.topic, since, one.value)
        else:
            by_key[len(by_key)] = Arrival(one.topic, event["occurred_at"], one.value)
    return sorted(by_key.values(), key=lambda one: (one.timestamp, BY_NAME[one.topic].rank or 0))


def write_all(pipe: BinaryIO, data: bytes) -> None:
    with pipe:
        pipe.write(data)


def outputs_of(input_: Path | str, output: Path, **more: Any) -> dict[str, list[bytes]]:
    runs.process(runs.plan_for(input_, output, step_records=100, **more))
    return runs.outputs_of(output)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_stream_out_of_order(seed: int, tmp_path: Path) -> None:
    history = arrivals(seed)
    (tmp_path / "stream").write_bytes(stream_of(shuffled(history, seed + SALT)))
    check(history, outputs_of(tmp_path / "stream", tmp_path / "out"))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pipe_out_of_order(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The history is larger than the buffer of the pipe, so it arrives in parts."""
    history = arrivals(seed)
    stream = stream_of(shuffled(history, seed + SALT))
    end, begin = os.pipe()
    with os.fdopen(begin, "wb") as pipe, os.fdopen(end, "rb") as reading:
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(reading))
        writer = Thread(target=write_all, args=(pipe, stream))
        writer.start()
        outputs = outputs_of("-", tmp_path / "out", state=tmp_path / "state", cache_touches=20)
        writer.join()
    check(history, outputs)


def test_a_pipe_into_another_process(tmp_path: Path) -> None:
    history = arrivals(3)
    arguments = runs.arguments_for("-", tmp_path)
    with runs.Program(*arguments, folder=tmp_path, stdin=runs.PIPE) as program:
        program.write(stream_of(shuffled(history, SALT)))
        assert program.end() == 0
    check(history, runs.outputs_of(tmp_path / "out"))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_directory_out_of_order(seed: int, tmp_path: Path) -> None:
    history = in_own_time(arrivals(seed))
    disordered = shuffled(history, seed + SALT)
    as_sorted = outputs_of(write_bare(history, tmp_path / "sorted"), tmp_path / "out")
    as_disordered = outputs_of(write_bare(disordered, tmp_path / "disordered"), tmp_path / "other")
    check(history, as_sorted)
    check(history, as_disordered)
    assert last_decisions(as_disordered) == last_decisions(as_sorted)
    assert sums(as_disordered) == sums(as_sorted)


def test_a_reference_record_between_two_equal_ones_arrives_last(tmp_path: Path) -> None:
    """By the last record timestamp the link has ended. That must hold in any order of arrival."""
    ended = runs.link(valid_to=runs.T - runs.HOUR)
    history = [
        Arrival("links", runs.T + 1_000, msgspec.json.encode(ended)),
        Arrival("links", runs.T + 2_000, msgspec.json.encode(runs.link())),
        Arrival("links", runs.T + 3_000, msgspec.json.encode(ended)),
        Arrival("clicks", runs.T + 4_000, msgspec.json.encode(runs.click(0))),
        Arrival("orders", runs.T + 5_000, msgspec.json.encode(runs.paid(4_000))),
    ]
    (tmp_path / "stream").write_bytes(stream_of([*history[:1], *history[2:], history[1]]))
    check(history, outputs_of(tmp_path / "stream", tmp_path / "out"))
