"""The reference tool on the command line: what it refuses, what it writes, and what it shows."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from attribution.commands.reference.command import app
from attribution.domain.records.fields import MAX_TIME
from attribution.domain.records.reference import LinkPolicy, Policy
from attribution.domain.records.times import now_ms
from attribution.domain.references.default_policy import DEFAULT_POLICY
from attribution.errors import OutputError
from attribution_tests.commands.reference import reference_terms
from attribution_tests.commands.reference.reference_terms import CAMPAIGN, LINK, campaign, link, yaml_file


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def statuses(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [one["status"] for one in json.loads(result.stdout)]


def test_an_unknown_field_is_ignored_with_a_notice(tmp_path: Path) -> None:
    content = {
        "links": [link(valid_til="2091-01-01")],
        "campaigns": [campaign(budget={"amount": 1, "currency": "CNY", "cap": 1})],
    }
    result = run("apply", yaml_file(tmp_path, content), "--to", tmp_path / "e.ndjson")
    assert result.exit_code == 0
    assert "links[0]: valid_til: no such field, ignored" in result.stderr
    assert "campaigns[0]: budget.cap: no such field, ignored" in result.stderr
    assert [line["value"].get("valid_til") for line in lines_of(tmp_path / "e.ndjson")] == [None, None]


# Refusals


def test_one_fault_anywhere_prevents_all_writes(tmp_path: Path) -> None:
    fine = yaml_file(tmp_path, {"links": [link()]}, "fine.yaml")
    wrong = yaml_file(
        tmp_path, {"links": [link(link_id="L-2", target="room"), link(target="x")]}, "wrong.yaml"
    )
    result = run(
        "apply", fine, wrong, tmp_path / "absent.csv", tmp_path / "links.txt", "--to", tmp_path / "e.ndjson"
    )
    assert result.exit_code == 65
    assert "wrong.yaml: links[0]: target: target is room, but room_id is missing (BAD_LINK)" in result.stderr
    assert "wrong.yaml: links[1]: target: " in result.stderr
    assert "absent.csv: can't be read" in result.stderr
    assert "links.txt: expected a name that ends in .yaml, .yml, .csv" in result.stderr
    assert not (tmp_path / "e.ndjson").exists()


# Writing


def test_a_file_gets_lines_with_key_and_the_time_of_writing(tmp_path: Path) -> None:
    before = now_ms()
    to = tmp_path / "new" / "e.ndjson"
    result = run("apply", yaml_file(tmp_path, {"links": [link()], "campaigns": [campaign()]}), "--to", to)
    assert result.exit_code == 0
    assert "2 new, 0 changed, 0 same; written to" in result.stdout
    first, second = lines_of(to)
    assert (first["topic"], first["key"]) == ("links", f"L-1@{reference_terms.JAN_2090}")
    assert first["value"] == LINK | {
        "valid_from": reference_terms.JAN_2090,
        "effective_from": reference_terms.JAN_2090,
    }
    assert second["value"] == CAMPAIGN | {"effective_from": reference_terms.JAN_2090}
    assert before <= first["timestamp"] <= now_ms()


def test_history_is_written_with_its_own_time(tmp_path: Path) -> None:
    given_links = {"links": [link(effective_from="2020-10-09"), link(effective_from="2020-10-08")]}
    to = tmp_path / "e.ndjson"
    result = run("apply", yaml_file(tmp_path, given_links), "--to", to, "--as-of-effective", "--allow-past")
    assert result.exit_code == 0
    assert [line["timestamp"] for line in lines_of(to)] == [1602086400000, 1602172800000]


def test_a_directory_gets_bare_records_and_only_as_of_effective(tmp_path: Path) -> None:
    terms = yaml_file(tmp_path, {"links": [link()], "rooms": None, "campaigns": [campaign()]})
    refused = run("apply", terms, "--to", tmp_path / "data")
    assert refused.exit_code == 2
    assert "--as-of-effective" in refused.stderr
    assert not (tmp_path / "data").exists()
    assert run("apply", terms, "--to", tmp_path / "data", "--as-of-effective").exit_code == 0
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"links.ndjson", "campaigns.ndjson"}
    assert lines_of(tmp_path / "data" / "campaigns.ndjson") == [
        CAMPAIGN | {"effective_from": reference_terms.JAN_2090}
    ]


@pytest.mark.parametrize("target", ["data", "e.ndjson"])
def test_only_what_changes_is_written(tmp_path: Path, target: str) -> None:
    to = ("--to", tmp_path / target, "--as-of-effective", "--json")
    assert statuses(run("apply", yaml_file(tmp_path, {"links": [link(room_id=None)]}), *to)) == ["new"]
    assert statuses(run("apply", yaml_file(tmp_path, {"links": [link(), link()]}), *to)) == ["same"]
    changed = run(
        "apply",
        yaml_file(tmp_path, {"links": [link(pid="mm_1_2_3"), link(effective_from="2090-02-01")]}),
        *to,
    )
    assert statuses(changed) == ["changed", "new"]
    assert [change["fields"] for change in json.loads(changed.stdout)] == [
        {"pid": {"old": None, "new": "mm_1_2_3"}},
        {"pid": {"old": "mm_1_2_3", "new": None}},
    ]
    files = [tmp_path / target] if target.endswith(".ndjson") else list((tmp_path / target).iterdir())
    assert sum(len(lines_of(file)) for file in files) == 3


def test_the_table_shows_what_changes_and_when(tmp_path: Path) -> None:
    to = ("--to", tmp_path / "e.ndjson")
    run("apply", yaml_file(tmp_path, {"campaigns": [campaign()]}), *to)
    lower = campaign(rate_ppm=80000, effective_from="2090-02-01")
    result = run(
        "apply",
        yaml_file(tmp_path, {"links": [link(link_id="[red]L")], "campaigns": [lower, campaign()]}),
        *to,
    )
    rows = [
        [cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "│" in line
    ]
    assert rows == [
        ["links", "[red]L", "2090-01-01T00:00:00+08:00", "new", ""],
        ["campaigns", "C-1", "2090-01-01T00:00:00+08:00", "same", ""],
        ["campaigns", "C-1", "2090-02-01T00:00:00+08:00", "new", "rate_ppm: 100000 -> 80000"],
    ]
    assert "2 new, 0 changed, 1 same; written to" in result.stdout


def test_a_dry_run_shows_changes_and_writes_nothing(tmp_path: Path) -> None:
    result = run(
        "apply", yaml_file(tmp_path, {"links": [link()]}), "--to", tmp_path / "e.ndjson", "--dry-run"
    )
    assert result.exit_code == 0
    assert "1 new, 0 changed, 0 same; nothing written (dry run)" in result.stdout
    assert not (tmp_path / "e.ndjson").exists()


@pytest.mark.parametrize("flags", [[], ["--as-of-effective"]])
def test_a_past_version_needs_allow_past(tmp_path: Path, flags: list[str]) -> None:
    past = yaml_file(tmp_path, {"links": [link(effective_from="2020-10-09")]})
    to = ("--to", tmp_path / "e.ndjson", *flags)
    refused = run("apply", past, *to)
    assert refused.exit_code == 65
    assert "effective_from: 2020-10-09T00:00:00+08:00 is in the past" in refused.stderr
    assert "pass --allow-past" in refused.stderr
    assert not (tmp_path / "e.ndjson").exists()
    assert run("apply", past, *to, "--allow-past").exit_code == 0
    again = run("apply", past, *to)
    assert (again.exit_code, "1 same; nothing to write" in again.stdout) == (0, True)
    corrected = yaml_file(tmp_path, {"links": [link(effective_from="2020-10-09", promoter_id="P-2")]})
    assert run("apply", corrected, *to).exit_code == 65


def test_a_correction_that_no_order_would_see_is_refused(tmp_path: Path) -> None:
    to = ("--to", tmp_path / "e.ndjson", "--allow-past")
    run("apply", yaml_file(tmp_path, {"links": [link(effective_from="2020-10-09")]}), *to)
    corrected = yaml_file(tmp_path, {"links": [link(effective_from="2020-10-09", promoter_id="P-2")]})
    refused = run("apply", corrected, *to, "--as-of-effective")
    assert refused.exit_code == 65
    assert "NOT_SEEN" in refused.stderr
    assert run("apply", corrected, *to).exit_code == 0
    assert (
        "promoter_id     P-2"
        in run("show", "L-1", "--at", "2021-01-01", "--in", tmp_path / "e.ndjson").stdout
    )


def test_other_lines_are_kept_and_unreadable_ones_are_reported(tmp_path: Path) -> None:
    to = tmp_path / "e.ndjson"
    kept = (
        b'{"topic":"clicks","value":{}}\n\n{"topic":"links","value":{"link_id":"L"}}\n{"topic":"links","val'
    )
    to.write_bytes(kept)
    result = run("apply", yaml_file(tmp_path, {"links": [link()]}), "--to", to)
    assert result.exit_code == 0
    assert f"{to}:3: not a record of links, ignored: Object missing required field" in result.stderr
    assert f"{to}:4: not a record, ignored" in result.stderr
    assert to.read_bytes().startswith(kept + b'\n{"topic":"links","key":"L-1@')


def test_a_write_error_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("apply", yaml_file(tmp_path, {"links": [link()]}), "--to", tmp_path / "file" / "e.ndjson")
    assert isinstance(result.exception, OutputError)
    assert "apply again" in str(result.exception)


# Showing


@pytest.fixture
def log(tmp_path: Path) -> Path:
    versions = [link(effective_from=day, promoter_id=f"P-{day}") for day in ("2090-01-01", "2090-02-01")]
    room = {"room_id": "L-1", "creator_id": "W", "started_at": "2090-01-01", "effective_from": "2090-01-01"}
    run("apply", yaml_file(tmp_path, {"links": versions, "rooms": [room]}), "--to", tmp_path / "e.ndjson")
    return tmp_path / "e.ndjson"


@pytest.mark.parametrize(
    ("at", "promoter"),
    [
        ("2090-01-01", "P-2090-01-01"),
        ("2090-01-31T23:59:59.999", "P-2090-01-01"),
        ("2090-02-01", "P-2090-02-01"),
        (MAX_TIME, "P-2090-02-01"),
    ],
)
def test_the_version_in_force_is_shown(log: Path, at: object, promoter: str) -> None:
    result = run("show", "L-1", "--at", at, "--in", log, "--topic", "links", "--json")
    (shown,) = json.loads(result.stdout)
    assert (shown["topic"], shown["record"]["promoter_id"]) == ("links", promoter)


def test_every_topic_that_has_the_id_is_shown(log: Path) -> None:
    result = run("show", "L-1", "--at", "2090-01-15", "--in", log)
    assert result.exit_code == 0
    assert (
        f"links L-1@{reference_terms.JAN_2090}\n  effective_from  {reference_terms.JAN_2090} (2090-01-01T00:00:00+08:00)\n"
        in result.stdout
    )
    assert f"rooms L-1@{reference_terms.JAN_2090}\n" in result.stdout


@pytest.mark.parametrize(
    ("identity", "at", "said"),
    [
        ("L-1", "2089-12-31", "no version of L-1 is in force at 2089-12-31"),
        ("L-1", "2089-12-31", "the first comes into force at 2090-01-01T00:00:00+08:00"),
        ("L-9", "2090-01-01", "no version of L-9 is in force"),
    ],
)
def test_no_version_in_force_is_reported(log: Path, identity: str, at: str, said: str) -> None:
    result = run("show", identity, "--at", at, "--in", log)
    assert result.exit_code == 1
    assert said in result.stderr


def test_a_wrong_argument_is_reported(log: Path) -> None:
    assert run("show", "L-1", "--at", "soon", "--in", log).exit_code == 2
    assert run("show", "L-1", "--at", "2090-01-01", "--in", log, "--topic", "clicks").exit_code == 2
    absent = run("show", "L-1", "--at", "2090-01-01", "--in", log.parent / "absent")
    assert (absent.exit_code, "does not exist" in absent.stderr) == (1, True)


# The default policy


def test_the_default_policy_is_that_of_the_contract() -> None:
    assert (
        Policy(
            policy_id="default",
            effective_from=1262304000000,
            model="last_touch",
            default_window_ms=reference_terms.DAY,
            max_window_ms=30 * reference_terms.DAY,
            min_click_to_order_ms=500,
            late_lock_ms=600_000,
            max_order_delay_ms=7 * reference_terms.DAY,
            invitation_only=True,
            min_payable=1,
            settle_after_ms=7 * reference_terms.DAY,
            link_policies=[
                LinkPolicy(
                    "EXTERNAL_PLATFORM_IN_LIVE",
                    from_=1602172800000,
                    surfaces=["live"],
                    target_platforms=["taobao", "jd", "other"],
                ),
                LinkPolicy(
                    "FOLLOWERS_BELOW_MINIMUM",
                    until=1582992000000,
                    target_platforms=["xiaodian"],
                    min_followers=300_000,
                ),
            ],
        )
        == DEFAULT_POLICY
    )


def test_the_default_policy_as_printed_can_be_applied(tmp_path: Path) -> None:
    printed = yaml_file(tmp_path, run("default").stdout)
    result = run("apply", printed, "--to", tmp_path / "data", "--as-of-effective", "--allow-past")
    assert result.exit_code == 0
    written = (tmp_path / "data" / "policies.ndjson").read_bytes()
    assert msgspec.json.decode(written, type=Policy) == DEFAULT_POLICY
