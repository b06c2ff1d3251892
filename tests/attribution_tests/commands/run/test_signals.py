"""Signals: a run stops cleanly between two steps."""

import json
import signal
import subprocess
from itertools import islice
from pathlib import Path

import pytest

from attribution.commands.demo.data import events
from attribution.commands.run.signals import StopSignals
from attribution.hosts.embedded.ndjson_writer import write_directory
from attribution_tests.program import ENVIRONMENT, PROGRAM


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_remembered(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopSignals() as signals:
        assert not signals.received()
        signal.raise_signal(number)
        assert signals.received()
    assert signal.getsignal(number) is before


def test_a_second_interruption_acts_at_once() -> None:
    with StopSignals():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_sigterm_stops_a_run_cleanly(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_directory(islice(events(), 500), data)
    process = subprocess.Popen(
        [*PROGRAM, "run", "-i", str(data), "-o", str(tmp_path), "--follow", "--json"],
        env=ENVIRONMENT | {"ATTRIBUTION_LOG__LEVEL": "debug"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            if json.loads(line)["event"] == "step committed":
                break
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(output)["stopped"]
