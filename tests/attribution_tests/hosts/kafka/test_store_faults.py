"""Disk faults: the worker ends with an error that says so, or restores. Its output stays right."""

import os
import subprocess
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from secrets import token_hex
from shutil import copytree, rmtree
from typing import Final

import pytest
from rocksdict import Options, Rdict

from attribution.config.settings import Kafka
from attribution.domain.records.topics import REFERENCES
from attribution.engine.producer_record import ProducerRecord
from attribution_tests.hosts.kafka.test_worker import assert_as_expected
from attribution_tests.kafka_deployment.deployed import Deployed, stop, wait_for
from attribution_tests.kafka_deployment.traffic import traffic
from attribution_tests.small_disk import fill, mounted

EX_IOERR: Final = 74
FROM_KAFKA: Final = "delete the directory: its content is restored from Kafka"
TAIL: Final = 60
"""More records than the store of a stopped worker lacks: the last ticks and watermarks."""
A_FEW: Final = 300
DISK_BYTES: Final = 24 << 20
MAKE_ROOM: Final = "make room on that disk, and start again"


class Stopped:
    """A deployment whose worker stopped after a part of its input. Others resume from copies of its disk."""

    def __init__(self, deployed: Deployed, rest: list[ProducerRecord]) -> None:
        self.deployed = deployed
        self._rest = rest

    def copy_state(self, name: str) -> Path:
        return copytree(self.deployed.folder / "state-a", self.deployed.folder / f"state-{name}")

    def store(self, name: str, task: int = 0) -> Path:
        return self.deployed.folder / f"state-{name}" / self.deployed.names.transactional_id(task)

    def publish_more(self) -> None:
        more, self._rest = self._rest[:A_FEW], self._rest[A_FEW:]
        assert more
        self.deployed.publish(more)

    def assert_goes_on(self, name: str) -> list[int]:
        """Let a worker process more input; return how many records each task restored first."""
        self.publish_more()
        with self.deployed.worker(name) as worker:
            self.deployed.wait_until_done()
            assert stop(worker) == 0
        assert_as_expected(self.deployed, bytes_too=False)
        ready = self.deployed.logged("task ready", name)[-self.deployed.kafka.partitions :]
        return [one["restored_records"] for one in sorted(ready, key=itemgetter("task"))]

    def is_ready(self, name: str) -> bool:
        return len(self.deployed.logged("task ready", name)) == self.deployed.kafka.partitions

    def assert_refused(self, name: str, says: str) -> None:
        """Check that a worker ends by itself before it has restored its tasks."""
        with self.deployed.worker(name) as worker:
            wait_for(lambda: worker.poll() is not None or self.is_ready(name))
            if self.is_ready(name):
                stop(worker)
                pytest.fail("the store was not refused")
            self.assert_ended(worker, name, says)

    def assert_ended(self, worker: "subprocess.Popen[bytes]", name: str, says: str) -> None:
        """Check that a worker ends by itself with an error that names the directory and says what to do."""
        wait_for(lambda: worker.poll() is not None, lambda: self.deployed.log_of(name))
        *_, error = [line for line in self.deployed.log_of(name).splitlines() if line.startswith("error: ")]
        assert f"state-{name}" in error
        assert says in error
        assert worker.returncode == EX_IOERR


@pytest.fixture(scope="module")
def stopped(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    folder = tmp_path_factory.mktemp("store-faults")
    deployed = Deployed(Kafka(bootstrap=bootstrap, topic_prefix=f"store-{token_hex(3)}-"), folder)
    deployed.create_topics()
    records = traffic(6_000, seed=11)
    deployed.publish(records[:3_000])
    with deployed.worker("a") as worker:
        deployed.wait_until_done()
        assert stop(worker) == 0
    return Stopped(deployed, records[3_000:])


def references(deployed: Deployed) -> int:
    """Return the number of reference records. No store keeps them, so each task reads all of them."""
    return sum(len(deployed.read(topic.name)) for topic in REFERENCES)


def test_damaged_stores_are_refused_until_deleted_then_fully_restored(stopped: Stopped) -> None:
    """Task 2 has lost the end of its log and catches up. Task 3 reads only what is new."""
    always = references(stopped.deployed)
    stopped.copy_state("damaged")
    for task, files in enumerate(("CURRENT", "MANIFEST-*")):
        os.truncate(max(stopped.store("damaged", task).glob(files)), 10)
    log = max(stopped.store("damaged", 2).glob("*.log"))
    os.truncate(log, log.stat().st_size // 2)
    stopped.assert_refused("damaged", FROM_KAFKA)
    for task in (0, 1):
        rmtree(stopped.store("damaged", task))
    first, second, _, last = stopped.assert_goes_on("damaged")
    assert min(first, second) > always + 5 * TAIL
    assert last < always + TAIL


def test_a_store_of_another_version_is_refused(stopped: Stopped) -> None:
    stopped.copy_state("older")
    older = Rdict(str(stopped.store("older")), Options(raw_mode=True))
    older.put(b"\0format", b"0")
    older.close()
    stopped.assert_refused("older", f"its format is b'0', not b'1'; {FROM_KAFKA}")


def test_a_store_of_another_task_is_refused(stopped: Stopped) -> None:
    stopped.copy_state("swapped")
    rmtree(stopped.store("swapped", 0))
    copytree(stopped.store("swapped", 1), stopped.store("swapped", 0))
    stopped.assert_refused("swapped", FROM_KAFKA)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", DISK_BYTES) as path:
        yield path


def test_a_full_disk_ends_the_worker_until_there_is_room(stopped: Stopped, disk: Path) -> None:
    """The disk is full when the store is opened, and then during a write."""
    (stopped.deployed.folder / "state-full").symlink_to(disk)
    ballast = fill(disk)
    stopped.assert_refused("full", MAKE_ROOM)
    ballast.unlink()
    with stopped.deployed.worker("full") as worker:
        wait_for(lambda: stopped.is_ready("full"))
        ballast = fill(disk)
        stopped.publish_more()
        stopped.assert_ended(worker, "full", MAKE_ROOM)
    ballast.unlink()
    stopped.assert_goes_on("full")
