"""Metrics: each is declared, agrees with the run, and follows the Prometheus conventions."""

import re
import shutil
import subprocess
from collections import Counter
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
from prometheus_client import CollectorRegistry, generate_latest

import attribution
from attribution.commands.demo.data import events
from attribution.config.settings import Settings
from attribution.domain.decisions.verdicts import VERDICTS
from attribution.hosts.embedded.ndjson_writer import write_directory
from attribution.hosts.embedded.plan import plan_of
from attribution.hosts.embedded.run import EmbeddedRun
from attribution.hosts.embedded.source import Progress
from attribution.hosts.embedded.totals import StepReport
from attribution.metrics.definitions import CODES_AT_MOST, COUNTS, DEFINITIONS, OTHER
from attribution.metrics.recorder import MetricsRecorder

LABELS = {"topic", "status", "code", "kind", "currency", "stage"}


class Observed(NamedTuple):
    registry: CollectorRegistry
    output: Path


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """Run over the first events of the demo, with one line that is refused."""
    path = tmp_path_factory.mktemp("run")
    write_directory(islice(events(), 2_000), path / "input")
    with (path / "input" / "clicks.ndjson").open("a") as file:
        file.write("no JSON\n")
    metrics = MetricsRecorder()
    plan = plan_of(Settings(), str(path / "input"), path / "output")._replace(step_records=300)
    with closing(EmbeddedRun(plan)) as embedded:
        embedded.run(metrics.observe, lambda: False)
    return Observed(metrics.registry, path / "output")


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def step(counts: dict[tuple[str, str], int], *, stream_time: int = 0) -> StepReport:
    sizes = {"touches": 1, "buyers": 2, "state_bytes": 3, "resident_bytes": 4}
    return StepReport(
        1, {"clicks": 1}, counts, sizes, {"read": 0.25, "write state": 0.5}, stream_time, Progress(1, 1)
    )


# Prometheus conventions


def test_promtool_reports_no_problem(observed: Observed) -> None:
    promtool = shutil.which("promtool")
    assert promtool is not None, (
        "promtool is missing: install Debian's prometheus, or put promtool on the PATH"
    )
    exposition = generate_latest(observed.registry)
    done = subprocess.run([promtool, "check", "metrics"], input=exposition, capture_output=True, check=False)
    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (0, "", "")


def test_exposed_metrics_are_the_declared_metrics(observed: Observed) -> None:
    exposition = generate_latest(observed.registry).decode()
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", exposition, re.MULTILINE))
    meanings = dict(re.findall(r"^# HELP (\S+) (.+)$", exposition, re.MULTILINE))
    assert types == {one.name: one.type for one in DEFINITIONS}
    assert meanings == {one.name: one.meaning for one in DEFINITIONS}


def test_each_metric_is_declared_once_with_unit_and_meaning() -> None:
    names = [one.name for one in DEFINITIONS]
    assert len(names) == len(set(names))
    assert all(one.unit and one.meaning.endswith(".") for one in DEFINITIONS)


def test_no_label_names_a_buyer_an_order_or_a_link(observed: Observed) -> None:
    assert {label for one in DEFINITIONS for label in one.labels} == LABELS
    exposition = generate_latest(observed.registry).decode()
    assert not re.search(r'="(user_|order-|link-|click-)', exposition)


def test_every_measure_that_is_counted_has_a_metric() -> None:
    sources = Path(attribution.__file__).parent.rglob("*.py")
    counted = {name for path in sources for name in re.findall(r'\.count\(\s*"(\w+)"', path.read_text())}
    assert counted == {one.measure for one in COUNTS}


# Values


def test_counts_agree_with_the_files(observed: Observed) -> None:
    def lines(topic: str) -> int:
        return len((observed.output / f"{topic}.ndjson").read_bytes().splitlines())

    families = {family.name: family for family in observed.registry.collect()}

    def total(name: str) -> float:
        samples = families[name].samples
        return sum(sample.value for sample in samples)

    assert total("attribution_records_consumed") == 2_001
    assert total("attribution_decisions") == lines("decisions") > 0
    assert total("attribution_postings") == lines("commissions") > 0
    assert total("attribution_dead_letters") == lines("dead-letters") == 1
    assert value(observed.registry, "attribution_step_duration_seconds_count") == 7


def test_a_step_is_recorded_as_a_whole() -> None:
    metrics = MetricsRecorder()
    counts = {
        ("decisions", "late_touch"): 2,
        ("decisions", "organic"): 3,
        ("revisions", ""): 1,
        ("money", "estimated CNY"): 1_234,
        ("expired", ""): 5,
        ("unconsidered_touches", ""): 6,
    }
    metrics.observe(step(counts, stream_time=1_700_000_000_500))
    metrics.observe(step(counts, stream_time=1_700_000_001_500))
    read = metrics.registry
    assert value(read, "attribution_late_touches_total") == 4
    assert value(read, "attribution_decisions_total", status="organic") == 6
    assert value(read, "attribution_decisions_total", status="attributed") == 0
    assert value(read, "attribution_decision_revisions_total") == 2
    assert value(read, "attribution_money_minor_units_total", kind="estimated", currency="CNY") == 2_468
    assert value(read, "attribution_records_expired_total") == 10
    assert value(read, "attribution_unconsidered_touches_total") == 12
    assert value(read, "attribution_records_consumed_total", topic="clicks") == 2
    assert value(read, "attribution_stage_seconds_total", stage="write_state") == 1.0
    assert value(read, "attribution_step_duration_seconds_sum") == 1.5
    assert value(read, "attribution_stream_time_seconds") == 1_700_000_001.5
    assert value(read, "attribution_touches_cached") == 1
    assert value(read, "attribution_buyers_cached") == 2
    assert value(read, "attribution_store_bytes") == 3
    assert value(read, "attribution_resident_memory_bytes") == 4


def test_codes_of_link_policies_are_bounded() -> None:
    metrics = MetricsRecorder()
    codes = [f"POLICY_{number}" for number in range(CODES_AT_MOST + 10)]
    for _ in range(2):
        metrics.observe(step({("verdicts", code): 1 for code in (*codes, "CREDITED")}))
    name = "attribution_verdicts_total"
    (family,) = [one for one in metrics.registry.collect() if f"{one.name}_total" == name]
    counted = Counter({one.labels["code"]: one.value for one in family.samples})
    assert len(counted) == len(VERDICTS) + CODES_AT_MOST + 1
    assert counted[OTHER] == 20
    assert counted["POLICY_0"] == counted["CREDITED"] == 2
    assert counted.total() == 2 * (len(codes) + 1)


def test_runs_do_not_share_metrics() -> None:
    first, second = MetricsRecorder(), MetricsRecorder()
    first.observe(step({("expired", ""): 1}))
    assert value(second.registry, "attribution_records_expired_total") == 0
