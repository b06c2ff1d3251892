"""Workers continue from the changelog, and from the store on disk, of an earlier release.

The second part of the input is published before the worker starts. So it comes before the worker's ticks, as its
timestamps do: those ticks carry the present time, when the orders of the recording are long settled and old.
"""

import signal
from pathlib import Path
from typing import Final

import pytest

from attribution.domain.records.topics import REFERENCES
from attribution_tests.chaos.planted import code_of
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.processor.against_oracle import check
from attribution_tests.upgrade import recorder_plants
from attribution_tests.upgrade.recorder_kafka import is_done
from attribution_tests.upgrade.recording import CHANGELOG, Recording, name_of, recordings
from attribution_tests.upgrade.replay import deploy, replay, write_stores
from attribution_tests.upgrade.results import assert_same_results, rows_of

DEATHS: Final = (
    ("during-restore", 1),
    ("during-restore", 5),
    ("before-commit", 1),
    ("after-commit", 1),
    ("before-commit", 3),
    ("after-commit", 3),
)
"""The points at which a worker dies, and at which occurrence."""
NO_TICKS: Final = recorder_plants.code_of(recorder_plants.no_ticks)
EACH: Final = pytest.mark.parametrize("recording", recordings(), ids=name_of)


@pytest.fixture
def upgraded(recording: Recording, bootstrap: str, prefix: str, tmp_path: Path) -> Deployed:
    """A deployment that holds the recording, and then the second part of its input."""
    deployed = deploy(bootstrap, prefix, tmp_path, recording.manifest.partitions)
    replay(recording, deployed)
    deployed.publish(recording.second())
    return deployed


def assert_as_uninterrupted(recording: Recording, deployed: Deployed) -> None:
    """Compare with the steps alone on all inputs, the worker's ticks among them, and with the oracle."""
    found, expected = rows_of(deployed.outputs()), rows_of(deployed.expected())
    recorded = sum(row.topic == "commissions" for row in recording.logged())
    assert len(found["commissions"]) > recorded + 10
    assert_same_results(found, expected)
    check(deployed.accepted(), found)


def read_without_store(recording: Recording) -> int:
    """Return the least number of records that a restore reads if a store is empty: clicks come on top."""
    versions = {topic.name for topic in REFERENCES}
    rows = recording.logged()
    changes = sum(row.topic == CHANGELOG for row in rows)
    return changes + recording.manifest.partitions * sum(row.topic in versions for row in rows)


@EACH
@pytest.mark.parametrize("store", ["memory", "rocksdb"])
def test_a_worker_continues_from_the_changelog_of_a_release(
    recording: Recording, upgraded: Deployed, store: str
) -> None:
    with upgraded.worker(ATTRIBUTION_STATE__STORE=store) as worker:
        upgraded.wait_until_done()
        assert stop(worker) == 0
    assert_as_uninterrupted(recording, upgraded)


@EACH
def test_a_worker_continues_from_the_store_of_a_release(recording: Recording, upgraded: Deployed) -> None:
    write_stores(recording, upgraded, upgraded.folder / "state-a")
    with upgraded.worker(ATTRIBUTION_STATE__STORE="rocksdb") as worker:
        upgraded.wait_until_done()
        assert stop(worker) == 0
    restored = sum(one["restored_records"] for one in upgraded.logged("task ready"))
    assert restored < read_without_store(recording)
    assert_as_uninterrupted(recording, upgraded)


@EACH
def test_a_worker_is_killed_while_it_continues_from_a_release(
    recording: Recording, upgraded: Deployed
) -> None:
    """Workers kill themselves with SIGKILL, each at one of the points.

    They write no ticks. Only the last one does, when everything is processed: a tick of the present time, while a
    task still has the old input before it, would make this input expire.
    """
    same = {
        "ATTRIBUTION_STATE__STORE": "rocksdb",
        "ATTRIBUTION_STATE__DIRECTORY": str(upgraded.folder / "state"),
        "ATTRIBUTION_KAFKA__INSTANCE_ID": "a",  # so that nobody waits for the session of a dead worker
    }
    for point, occurrence in DEATHS:
        with upgraded.worker(planted=f"{NO_TICKS}\n{code_of('points', point, occurrence)}", **same) as worker:
            wait_for(lambda: worker.poll() is not None, upgraded.log_of)
            assert worker.returncode == -signal.SIGKILL, upgraded.log_of()
    with upgraded.worker(planted=NO_TICKS, **same) as worker:
        wait_for(lambda: is_done(upgraded), upgraded.log_of)
        assert stop(worker) == 0
    with upgraded.worker("last", **same) as worker:
        upgraded.wait_until_done()
        assert stop(worker) == 0
    assert_as_uninterrupted(recording, upgraded)
