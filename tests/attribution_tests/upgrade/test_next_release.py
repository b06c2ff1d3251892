"""Upgrade to a made-up next release with other rows, and roll back to this one (docs/operate.md)."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import attribution
from attribution.processor.state_version import EMBEDDED
from attribution_tests.hosts.embedded.embedded_runs import outputs_of
from attribution_tests.hosts.kafka.test_worker import assert_as_expected
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.traffic import traffic
from attribution_tests.upgrade import next_release
from attribution_tests.upgrade.embedded_input import EmbeddedInput
from attribution_tests.upgrade.recording import recordings
from attribution_tests.upgrade.results import assert_same_results

STATE_ERROR: Final = 74
REFUSED: Final = (
    f"state version {EMBEDDED.number + 1}, attribution {attribution.__version__} reads "
    f"{{oldest}} to {EMBEDDED.number}: run attribution {next_release.RELEASE} or later"
)
DIES: Final = "from attribution_tests.upgrade import dying_run; dying_run.install()"
STATIC: Final = {"ATTRIBUTION_KAFKA__INSTANCE_ID": "one"}


class Files:
    """Runs of ``attribution run`` on files, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        recording = recordings()[-1]
        cut = recording.manifest.cut
        self.input = EmbeddedInput("stream", folder, recording.first(), recording.second(), cut)
        self.output, self.state = folder / "output", folder / "state.sqlite"
        self._folder = folder

    def run(
        self, planted: str = "", *, state: bool = True, output: str = "output"
    ) -> "subprocess.CompletedProcess[str]":
        """Run to the end of the input; ``planted`` is code that the interpreter runs first."""
        plants = self._folder / "plants"
        plants.mkdir(exist_ok=True)
        (plants / "sitecustomize.py").write_text(planted)
        command = [sys.executable, "-m", "attribution", "run", "-q", "-i", self.input.path]
        command += ["-o", self._folder / output, *(["--state", self.state] if state else [])]
        command += ["--step-records", "100"]
        paths = os.pathsep.join([str(plants), *sys.path])
        return subprocess.run(
            list(map(str, command)),
            env=os.environ | {"PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
        )

    def copy(self) -> None:
        """Keep a copy of state and output, as docs/operate.md says."""
        (self._folder / "copy").mkdir()
        shutil.copytree(self.output, self._folder / "copy/output")
        for file in self._state_files(self._folder):
            shutil.copy(file, self._folder / "copy")

    def put_back(self) -> None:
        """Put the copy back, and nothing else: SQLite would replay a log that was left beside it."""
        shutil.rmtree(self.output)
        for file in self._state_files(self._folder):
            file.unlink()
        shutil.copytree(self._folder / "copy/output", self.output)
        for file in self._state_files(self._folder / "copy"):
            shutil.copy(file, self._folder)

    def _state_files(self, folder: Path) -> list[Path]:
        return list(folder.glob(f"{self.state.name}*"))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_run_is_upgraded_and_rolled_back_with_a_copy(files: Files) -> None:
    assert files.run().returncode == 0
    files.copy()
    files.input.grow()
    assert files.run(next_release.CODE).returncode == 0
    upgraded = outputs_of(files.output)

    older = files.run()
    assert older.returncode == STATE_ERROR
    assert f"the state file has {REFUSED.format(oldest=EMBEDDED.oldest)}" in older.stderr
    assert outputs_of(files.output) == upgraded

    files.put_back()
    assert files.run().returncode == 0
    assert files.run(state=False, output="whole").returncode == 0
    assert_same_results(outputs_of(files.output), outputs_of(files.output.parent / "whole"))
    assert_same_results(upgraded, outputs_of(files.output))


@pytest.mark.parametrize("old_dies", [False, True], ids=["old ended", "old died"])
def test_a_run_is_killed_before_and_after_its_upgrade(files: Files, *, old_dies: bool) -> None:
    """A run that was killed leaves its state partly in SQLite's log; copies of both go back together."""
    assert files.run(DIES if old_dies else "").returncode == (-signal.SIGKILL if old_dies else 0)
    files.copy()
    files.input.grow()
    for _ in range(3):
        assert files.run(f"{next_release.CODE}; {DIES}").returncode == -signal.SIGKILL
    files.put_back()
    for _ in range(2):
        assert files.run(f"{next_release.CODE}; {DIES}").returncode == -signal.SIGKILL
    assert files.run(next_release.CODE).returncode == 0
    assert files.run(state=False, output="whole").returncode == 0
    assert_same_results(outputs_of(files.output), outputs_of(files.output.parent / "whole"))


def test_a_run_is_rolled_back_after_the_new_one_was_killed(files: Files) -> None:
    assert files.run().returncode == 0
    files.copy()
    files.input.grow()
    assert files.run(f"{next_release.CODE}; {DIES}").returncode == -signal.SIGKILL
    assert files.run().returncode == STATE_ERROR
    files.put_back()
    assert files.run().returncode == 0
    assert files.run(state=False, output="whole").returncode == 0
    assert_same_results(outputs_of(files.output), outputs_of(files.output.parent / "whole"))


def test_workers_are_upgraded_one_after_the_other_under_kill_9(deployed: Deployed) -> None:
    """Tasks of a new worker that dies may move to an old one. It ends with 74, and the others go on."""
    records = traffic(6_000, seed=41)
    third = len(records) // 3
    deployed.publish(records[:third])
    with deployed.worker("old") as old, deployed.worker("leaving") as leaving:
        deployed.wait_until_done()
        wait_for(lambda: bool(deployed.logged("task ready", "leaving")))
        assert stop(leaving) == 0
        with deployed.worker("new", next_release.CODE) as new:
            wait_for(lambda: bool(deployed.logged("task ready", "new")))
            deployed.publish(records[third : 2 * third])
            deployed.wait_until_done()
            new.send_signal(signal.SIGKILL)
            new.wait()
            wait_for(lambda: old.poll() is not None, lambda: deployed.log_of("old")[-2_000:])
        assert old.returncode == STATE_ERROR
    assert f"run attribution {next_release.RELEASE} or later" in deployed.log_of("old")
    with (
        deployed.worker("old", next_release.CODE) as first,
        deployed.worker("new", next_release.CODE) as second,
    ):
        deployed.publish(records[2 * third :])
        deployed.wait_until_done()
        assert (stop(first), stop(second)) == (0, 0)
    assert_as_expected(deployed, bytes_too=False)


@pytest.mark.parametrize("store", ["memory", "rocksdb"])
def test_an_older_worker_refuses_and_the_newer_goes_on(deployed: Deployed, store: str) -> None:
    """With a store on disk the older worker need not read any changelog record to notice."""
    options = STATIC | {"ATTRIBUTION_STATE__STORE": store}
    records = traffic(4_000, seed=42)
    half = len(records) // 2
    deployed.publish(records[:half])
    with deployed.worker("a", next_release.CODE, **options) as newer:
        deployed.wait_until_done()
        assert stop(newer) == 0
    before = deployed.outputs()
    with deployed.worker("a", **options) as older:
        assert older.wait(timeout=60) == STATE_ERROR
    assert REFUSED.format(oldest=1) in deployed.log_of("a")
    assert deployed.outputs() == before
    deployed.publish(records[half:])
    with deployed.worker("a", next_release.CODE, **options) as newer:
        deployed.wait_until_done()
        assert stop(newer) == 0
    assert_as_expected(deployed, bytes_too=False)


def test_an_older_worker_begins_anew_under_another_application(deployed: Deployed) -> None:
    """It derives the same again, under the same ids, from the topics."""
    deployed.publish(traffic(4_000, seed=43))
    with deployed.worker("a", next_release.CODE) as newer:
        deployed.wait_until_done()
        assert stop(newer) == 0
    assert_as_expected(deployed, bytes_too=False)
    ids = {row.key for row in deployed.read("decisions")}
    anew = Deployed(deployed.kafka.model_copy(update={"application": "anew"}), deployed.folder)
    anew.create_topics()
    with anew.worker("anew", ATTRIBUTION_KAFKA__APPLICATION="anew") as older:
        anew.wait_until_done()
        assert stop(older) == 0
    again = deployed.read("decisions")
    assert {row.key for row in again} == ids
    assert len(again) == 2 * len({row.value for row in again})
