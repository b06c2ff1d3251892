"""Records the current program, so that later ones are tested with its state.

    PYTHONPATH=tests .venv/bin/python -m attribution_tests.upgrade.record

It needs a Kafka, as the tests do. It writes ``recorded/<version>/``, and refuses to replace a recording.
A change after which rows have another layout adds a recording of its own. If the version is still the same, give
the recording a name: ``... .record 0.2.0-terms``.
"""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

import attribution
from attribution.engine.producer_record import ProducerRecord
from attribution.processor.state_version import EMBEDDED, ON_KAFKA
from attribution_tests.kafka_broker import provided
from attribution_tests.upgrade.embedded_input import KINDS
from attribution_tests.upgrade.recorder_embedded import record_embedded
from attribution_tests.upgrade.recorder_kafka import PARTITIONS, record_kafka
from attribution_tests.upgrade.recording import FOLDER, Manifest, write_input
from attribution_tests.upgrade.traffic import CUT, STORE_CUT, SWEEP_CUT, traffic


def record(into: Path) -> None:
    """Record the current program into a new folder."""
    whole = traffic()
    first, second = (split(whole, until=CUT), split(whole, since=CUT))
    write_input(first, into / "input/first.ndjson.gz")
    write_input(second, into / "input/second.ndjson.gz")
    for kind in KINDS:
        with TemporaryDirectory() as work:
            record_embedded(kind, (first, second), CUT, into, Path(work))
    with TemporaryDirectory() as broker, TemporaryDirectory() as work, provided(Path(broker)) as bootstrap:
        parts = [
            split(first, until=STORE_CUT),
            split(first, since=STORE_CUT, until=SWEEP_CUT),
            split(first, since=SWEEP_CUT),
        ]
        ends = record_kafka(bootstrap, parts, into / "kafka", Path(work))
    manifest = Manifest(
        program=attribution.__version__,
        state_version_embedded=EMBEDDED.number,
        state_version_kafka=ON_KAFKA.number,
        cut=CUT,
        first=counts(first),
        second=counts(second),
        partitions=PARTITIONS,
        ends=ends,
    )
    text = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=2)
    (into / "manifest.json").write_bytes(text + b"\n")


def split(
    records: Iterable[ProducerRecord], since: int = 0, until: int = sys.maxsize
) -> list[ProducerRecord]:
    """Return the records with since <= record timestamp < until."""
    return [one for one in records if since <= one.timestamp < until]


def counts(records: Iterable[ProducerRecord]) -> dict[str, int]:
    """Return the number of records by topic."""
    return dict(sorted(Counter(one.topic for one in records).items()))


def main(arguments: list[str]) -> None:
    """Record into the folder of the version, or of the given name."""
    (name,) = arguments or [attribution.__version__]
    into = FOLDER / name
    if into.exists():
        raise SystemExit(f"{into} exists: a release is recorded once; delete it, or give another name")
    record(into)
    size = sum(file.stat().st_size for file in into.rglob("*") if file.is_file())
    sys.stdout.write(f"{into}: {size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
