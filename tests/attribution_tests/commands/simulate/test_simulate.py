import hashlib
import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

import attribution
from attribution.commands.simulate import Scenario, simulate, write_directory, write_stream
from attribution.commands.simulate.command import simulate_command
from attribution.commands.simulate.events.invalid_records import RECIPES, broken
from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.topics import BY_NAME, READ
from attribution.engine.producer_record import ProducerRecord

SMALL = Scenario(seed=7, events=20_000, buyers=2_000, rooms=20, hours=48)
CLEAN = replace(SMALL, broken_ppm=0)
PINNED = "513c80bf473c8ca3fe383b08e5b81b226a9e1d7699903bbd67024489928208d7"
DECODERS = {topic.name: msgspec.json.Decoder(topic.record) for topic in READ}
NOW = SMALL.start_ms
SOURCES = str(Path(attribution.__file__).parents[1])


def digest(records: Iterable[ProducerRecord]) -> str:
    total = hashlib.sha256()
    for record in records:
        total.update(f"{record.topic} {record.timestamp} {record.key} ".encode() + record.value + b"\n")
    return total.hexdigest()


@pytest.fixture(scope="module")
def clean() -> list[ProducerRecord]:
    return list(simulate(CLEAN))


def test_a_seed_gives_the_same_bytes_everywhere() -> None:
    assert digest(simulate(SMALL)) == PINNED


def test_neither_the_hash_seed_nor_the_process_matters() -> None:
    program = (
        "from attribution.commands.simulate import *; import sys;"
        "write_stream(simulate(Scenario(events=2000)), sys.stdout.buffer)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": SOURCES},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_another_seed_gives_other_bytes(clean: list[ProducerRecord]) -> None:
    assert digest(clean) != digest(simulate(replace(CLEAN, seed=8)))


def test_records_arrive_in_the_order_of_their_timestamps() -> None:
    stamps = [record.timestamp for record in simulate(SMALL)]
    assert stamps == sorted(stamps)


def test_valid_records_decode_as_their_topic_says(clean: list[ProducerRecord]) -> None:
    for record in clean:
        assert isinstance(DECODERS[record.topic].decode(record.value), BY_NAME[record.topic].record)


def test_ingest_refuses_no_valid_record(clean: list[ProducerRecord]) -> None:
    readers = {topic.name: TopicDecoder(topic) for topic in READ}
    for record in clean:
        assert not isinstance(readers[record.topic].decode([record.value], [record.timestamp])[0], Refusal)


def test_four_clicks_in_five_events(clean: list[ProducerRecord]) -> None:
    events = {(record.topic, record.value) for record in clean}
    mix = Counter(topic for topic, _ in events)
    total = mix["clicks"] + mix["room-entries"] + mix["orders"]
    assert total == CLEAN.events
    assert mix["clicks"] / total == pytest.approx(0.80, abs=0.02)
    assert mix["room-entries"] / total == pytest.approx(0.15, abs=0.02)
    assert mix["orders"] / total == pytest.approx(0.05, abs=0.01)


def test_every_topic_and_every_kind_of_event_occurs(clean: list[ProducerRecord]) -> None:
    decoded = [DECODERS[record.topic].decode(record.value) for record in clean]
    assert {record.topic for record in clean} == {topic.name for topic in READ}
    orders = {"OrderCreated", "OrderPaid", "OrderReceived", "OrderClosed"}
    orders |= {"OrderRefunded", "OrderSettled", "OrderChargeback"}
    assert orders | {"Shipped", "ShippingVerdict"} <= {type(event).__name__ for event in decoded}


def test_shares_are_what_the_scenario_says() -> None:
    scenario = replace(CLEAN, anonymous_ppm=200_000, repeated_ppm=100_000, late_ppm=50_000)
    records = list(simulate(scenario))
    clicks = {record.value: record for record in records if record.topic == "clicks"}
    copies = sum(record.topic == "clicks" for record in records) - len(clicks)
    anonymous = sum(b'"buyer_id"' not in value for value in clicks)
    first = {record.value: record.timestamp for record in reversed(records) if record.topic == "clicks"}
    late = sum(stamp - msgspec.json.decode(value)["occurred_at"] >= 120_000 for value, stamp in first.items())
    assert copies / len(clicks) == pytest.approx(0.1, abs=0.01)
    assert anonymous / len(clicks) == pytest.approx(0.2, abs=0.02)
    assert late / len(clicks) == pytest.approx(0.05, abs=0.01)


def test_forwarded_clicks_bring_several_buyers(clean: list[ProducerRecord]) -> None:
    clicks = [msgspec.json.decode(record.value) for record in clean if record.topic == "clicks"]
    nobodys = {click["click_id"] for click in clicks if "buyer_id" not in click}
    entries = [msgspec.json.decode(record.value) for record in clean if record.topic == "room-entries"]
    pairs = {(entry["click_id"], entry["buyer_id"]) for entry in entries if entry.get("click_id") in nobodys}
    brought = Counter(click_id for click_id, _ in pairs)
    assert max(brought.values()) > 1


def test_references_are_in_force_before_their_first_use(clean: list[ProducerRecord]) -> None:
    since: dict[str, int] = {}
    for record in clean:
        if record.topic == "links":
            link = msgspec.json.decode(record.value)
            since[link["link_id"]] = min(link["effective_from"], since.get(link["link_id"], 2**60))
    clicks = [msgspec.json.decode(record.value) for record in clean if record.topic == "clicks"]
    known = [click for click in clicks if not click["link_id"].startswith("gone")]
    assert 0 < len(clicks) - len(known) < len(clicks) // 50
    assert all(since[click["link_id"]] <= click["occurred_at"] for click in known)


def test_one_tick_every_tick_ms() -> None:
    ticks = [
        record.timestamp for record in simulate(replace(CLEAN, tick_ms=3_600_000)) if record.topic == "ticks"
    ]
    assert ticks == [CLEAN.start_ms + hour * 3_600_000 for hour in range(CLEAN.hours)]


def test_every_kind_of_broken_record_occurs() -> None:
    codes = {
        record.key.split("-")[1].split("@")[0]
        for record in simulate(replace(SMALL, broken_ppm=2_000))
        if record.key.startswith("x")
    }
    assert codes == set(RECIPES)


def test_large_records_stay_rare() -> None:
    sizes = [len(broken(number, NOW).value) for number in range(len(RECIPES) * 40)]
    assert sum(size > 256 * 1024 for size in sizes) == 2


@pytest.mark.parametrize("code", [code for code in RECIPES if code != "TOO_LATE"])
def test_a_broken_record_is_refused_with_its_code(code: str) -> None:
    record = next(made for number in range(len(RECIPES)) if code in (made := broken(number, NOW)).key)
    refusal = TopicDecoder(BY_NAME[record.topic]).decode([record.value], [record.timestamp])[0]
    assert isinstance(refusal, Refusal)
    assert refusal.code == code


def test_an_order_that_comes_too_late_is_older_than_a_week() -> None:
    record = RECIPES["TOO_LATE"]("x", NOW)
    assert DECODERS["orders"].decode(record.value).placed_at < record.timestamp - 7 * DAY_MS


def test_a_directory_has_one_file_of_bare_records_per_topic(tmp_path: Path) -> None:
    written = write_directory(simulate(SMALL), tmp_path / "traffic")
    lines = {file.stem: len(file.read_bytes().splitlines()) for file in (tmp_path / "traffic").iterdir()}
    assert lines == dict(written.records)


def test_a_stream_omits_records_that_are_not_json() -> None:
    records = list(simulate(replace(SMALL, broken_ppm=2_000)))
    output = io.BytesIO()
    written = write_stream(records, output)
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    kept = [record for record in records if "BAD_JSON" not in record.key]
    assert written.left_out.total() == len(records) - len(kept) > 0
    assert [(line["topic"], line["key"], line["timestamp"]) for line in lines] == [
        (record.topic, record.key, record.timestamp) for record in kept
    ]
    assert lines[-1]["value"] == json.loads(kept[-1].value)


@pytest.mark.parametrize(
    ("name", "value"), [("seed", -1), ("events", 0), ("rooms", 0), ("hours", 0), ("broken_ppm", 1_000_001)]
)
def test_a_scenario_names_the_setting_that_is_out_of_range(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=name):
        Scenario(**{name: value})


@pytest.mark.parametrize("settings", [{"rooms": 1, "hours": 1}, {"buyers": 1, "rooms": 500, "hours": 1}])
def test_extreme_scenarios_run(settings: dict[str, int]) -> None:
    assert sum(record.topic == "clicks" for record in simulate(Scenario(events=500, **settings))) > 300


class TestCommand:
    app = typer.Typer()
    app.command()(simulate_command)

    def run(self, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(self.app, ["--events", "1000", *arguments])
        return result.exit_code, result.stdout

    def test_it_writes_and_counts(self, tmp_path: Path) -> None:
        code, output = self.run("--output", str(tmp_path / "out"), "--json")
        summary = json.loads(output)
        assert code == 0
        assert summary["records"]["clicks"] >= 800
        assert (tmp_path / "out" / "clicks.ndjson").exists()

    def test_it_overwrites_only_with_replace(self, tmp_path: Path) -> None:
        (tmp_path / "clicks.ndjson").write_text("old")
        (tmp_path / "mine.txt").write_text("mine")
        assert self.run("--output", str(tmp_path))[0] == 2
        assert (tmp_path / "clicks.ndjson").read_text() == "old"
        assert self.run("--output", str(tmp_path), "--replace")[0] == 0
        assert (tmp_path / "mine.txt").read_text() == "mine"

    def test_a_file_and_standard_output_get_the_same_stream(self, tmp_path: Path) -> None:
        file = tmp_path / "traffic.ndjson"
        assert self.run("--output", str(file))[0] == 0
        assert self.run("--output", "-") == (0, file.read_text())
