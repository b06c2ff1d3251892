"""What the reference tool reads from YAML and CSV, and every fault that it names."""

import json
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.commands.reference.csv_input import read_csv
from attribution.commands.reference.validation import check
from attribution.commands.reference.yaml_input import read_yaml
from attribution.domain.records.fields import MAX_TIME, MIN_TIME
from attribution.domain.records.reference import LinkPolicy, Policy
from attribution.domain.records.times import iso_of, ms_of
from attribution.domain.records.topics import BY_NAME, REFERENCES
from attribution_tests import REPOSITORY
from attribution_tests.commands.reference.reference_terms import DAY, JAN_2090, campaign, link

EXAMPLES = REPOSITORY / "schemas" / "examples"


def faults_of_yaml(content: Any) -> list[tuple[str, str, str]]:
    drafts = read_yaml(content if isinstance(content, str) else yaml.safe_dump(content), "f.yaml")
    faults = drafts.faults + check(drafts.drafts).faults
    return [(fault.place.where, fault.field, fault.code) for fault in faults]


def faults_of_csv(text: str, name: str = "links.csv") -> list[tuple[str, str, str]]:
    drafts = read_csv(text, name)
    faults = drafts.faults + check(drafts.drafts).faults
    return [(fault.place.where, fault.field, fault.code) for fault in faults]


# Times


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2020-10-09", 1602172800000),
        ("2020-10-09T00:00", 1602172800000),
        ("2020-10-09 00:00:00", 1602172800000),
        ("2020-10-08T16:00:00Z", 1602172800000),
        ("2020-10-09T00:00:00.001+08:00", 1602172800001),
        (" 1602172800000 ", 1602172800000),
        ("-1", -1),
    ],
)
def test_a_time_is_milliseconds_or_iso_at_utc_8(text: str, ms: int) -> None:
    assert ms_of(text) == ms


@pytest.mark.parametrize("text", ["", "soon", "2020-13-01", "20201009T00", "09.10.2020", "1e3"])
def test_other_text_is_not_a_time(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ms_of(text)


@settings(derandomize=True, deadline=None)
@given(st.integers(MIN_TIME, MAX_TIME))
def test_a_time_survives_formatting_and_parsing(ms: int) -> None:
    assert ms_of(iso_of(ms)) == ms


# Reading


def test_any_yaml_time_may_be_a_date() -> None:
    policy = {
        "policy_id": "default",
        "effective_from": 1602172800000,
        "model": "linear",
        "default_window_ms": DAY,
        "min_click_to_order_ms": 500,
        "late_lock_ms": 600000,
        "link_policies": [{"code": "X", "from": "2020-10-09", "until": "2020-10-10T00:00:00Z"}],
        "carrier_terminations": [{"carrier_code": "JT", "terminated_from": "2025-10-29"}],
    }
    (entry,) = check(read_yaml(yaml.safe_dump({"policies": [policy]}), "f.yaml").drafts).entries
    assert isinstance(entry.record, Policy)
    assert entry.record.link_policies == [LinkPolicy("X", from_=1602172800000, until=1602288000000)]
    assert msgspec.to_builtins(entry.record.carrier_terminations) == [
        {"carrier_code": "JT", "terminated_from": 1761667200000}
    ]


def test_an_id_that_looks_like_a_date_stays_text() -> None:
    text = "links: [{link_id: 2020-10-09, promoter_id: P, target: any, valid_from: 2020-10-09, effective_from: 2020-10-09}]"
    (entry,) = check(read_yaml(text, "f.yaml").drafts).entries
    assert (entry.version, entry.stored(0).key) == (
        ("links", "2020-10-09", 1602172800000),
        "2020-10-09@1602172800000",
    )


def test_csv_cells_are_read_by_the_type_of_their_field() -> None:
    text = (
        "\ufeff promoter_id,kind,effective_from,followers,own_buyer_ids,enrolled_to,tier\n"
        "P-1,creator,2090-01-01, 812000 ,B-1|B-2,,7\n"
        ",,,,,,\n"
        "P-2,site,3786883200000,,B-3\n"
    )
    entries = check(read_csv(text.removeprefix("\ufeff"), "some/promoters.csv").drafts).entries
    assert [entry.stored(0).fields for entry in entries] == [
        {
            "effective_from": JAN_2090,
            "promoter_id": "P-1",
            "kind": "creator",
            "followers": 812000,
            "own_buyer_ids": ["B-1", "B-2"],
            "tier": "7",
        },
        {"effective_from": JAN_2090, "promoter_id": "P-2", "kind": "site", "own_buyer_ids": ["B-3"]},
    ]


def test_a_csv_column_may_name_the_topic() -> None:
    text = (
        "topic,link_id,room_id,promoter_id,creator_id,target,valid_from,started_at,effective_from,invitation_only\n"
        "links,L,,P,,any,2090-01-01,,2090-01-01,\n"
        "rooms,,R,,P,,,2090-01-01T20:00,2090-01-01,\n"
    )
    drafts = read_csv(text, "mixed.csv")
    assert [entry.version for entry in check(drafts.drafts).entries] == [
        ("links", "L", JAN_2090),
        ("rooms", "R", JAN_2090),
    ]


@pytest.mark.parametrize("topic", [topic.name for topic in REFERENCES])
def test_the_examples_of_the_contract_are_accepted(topic: str) -> None:
    examples = json.loads((EXAMPLES / f"{topic}.json").read_bytes())
    checked = check(read_yaml(yaml.safe_dump({topic: examples}), "f.yaml").drafts)
    assert (checked.faults, checked.notices) == ([], [])
    assert [entry.record for entry in checked.entries] == [
        msgspec.convert(e, BY_NAME[topic].record) for e in examples
    ]


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        ({"links": [link(link_id="")]}, [("links[0]", "link_id", "OUT_OF_RANGE")]),
        ({"links": [link(link_id="é" * 65)]}, [("links[0]", "link_id", "TOO_LONG")]),
        ({"links": [link(link_id=5)]}, [("links[0]", "link_id", "WRONG_TYPE")]),
        ({"links": [link(link_id=None)]}, [("links[0]", "link_id", "MISSING_FIELD")]),
        ({"links": [link(valid_from="soon")]}, [("links[0]", "valid_from", "WRONG_TYPE")]),
        ({"links": [link(valid_from="2009-12-31")]}, [("links[0]", "valid_from", "TIME_OUT_OF_RANGE")]),
        ({"links": [link(), link(target="rom")]}, [("links[1]", "target", "UNKNOWN_VALUE")]),
        ({"links": [link(target="room")]}, [("links[0]", "target", "BAD_LINK")]),
        ({"links": [link(), link(promoter_id="P-2")]}, [("links[1]", "", "GIVEN_TWICE")]),
        ({"links": [7], "rooms": 5}, [("links[0]", "", "WRONG_TYPE"), ("rooms", "", "WRONG_TYPE")]),
        ({"link": []}, [("link", "", "UNKNOWN_TOPIC")]),
        ({"campaigns": [campaign(rate_ppm=1.0)]}, [("campaigns[0]", "rate_ppm", "WRONG_TYPE")]),
        ({"campaigns": [campaign(deadline="x", splits=[{}])]}, [
            ("campaigns[0]", "splits[0].role", "MISSING_FIELD"),
            ("campaigns[0]", "splits[0].of", "MISSING_FIELD"),
            ("campaigns[0]", "splits[0].share_ppm", "MISSING_FIELD"),
            ("campaigns[0]", "deadline", "WRONG_TYPE"),
        ]),
        ("[1, 2]", [("", "", "BAD_FILE")]),
        ("links: [", [("", "", "BAD_FILE")]),
        ("links: []\nlinks: []", [("", "", "BAD_FILE")]),
        ("links: [{1: x}]", [("", "", "BAD_FILE")]),
        ("links: [{a: !!python/name:os.system x}]", [("", "", "BAD_FILE")]),
        ("links: [{a: !!binary aGk=}]", [("", "", "BAD_FILE")]),
        ("links: &a [*a]", [("", "", "BAD_FILE")]),
        (r'links: [{link_id: "\ud800"}]', [("", "", "BAD_FILE")]),
    ],
)  # fmt: skip
def test_every_fault_is_named_with_its_place(content: Any, faults: list[tuple[str, str, str]]) -> None:
    assert faults_of_yaml(content) == faults


@pytest.mark.parametrize(
    ("splits", "fine"),
    [
        ([("promoter", "total", 600000), ("platform", "total", 400000)], True),
        ([("promoter", "total", 600000), ("platform", "total", 400001)], False),
        ([("promoter", "total", 1000000), ("agency", "promoter", 1000000)], True),
        ([("agency", "promoter", 100000), ("promoter", "total", 600000)], False),
        ([("agency", "creator", 1)], False),
        ([], True),
    ],
)
def test_splits_give_away_no_more_than_was_received(splits: list[tuple[str, str, int]], fine: bool) -> None:
    written = [{"role": role, "of": of, "share_ppm": share} for role, of, share in splits]
    faults = faults_of_yaml({"campaigns": [campaign(splits=written)]})
    assert faults == ([] if fine else [("campaigns[0]", "splits", "BAD_SPLITS")])


def test_a_record_too_large_for_the_engine_is_refused() -> None:
    promoter = {
        "promoter_id": "P",
        "kind": "site",
        "effective_from": JAN_2090,
        "own_buyer_ids": ["B" * 100] * 3000,
    }
    assert faults_of_yaml({"promoters": [promoter]}) == [("promoters[0]", "", "TOO_LARGE")]


@pytest.mark.parametrize(
    ("text", "name", "faults"),
    [
        ("link_id,link_id\nL,L\n", "links.csv", [("line 1", "link_id", "BAD_FILE")]),
        ("link_id\nL,L\n", "links.csv", [("line 2", "", "BAD_FILE")]),
        ('link_id\n"L\n', "links.csv", [("line 2", "", "BAD_FILE")]),
        ("link_id\nL\n", "clicks.csv", [("line 2", "topic", "UNKNOWN_TOPIC")]),
        ("topic,link_id\nlink,L\n", "links.csv", [("line 2", "topic", "UNKNOWN_TOPIC")]),
        ("campaign_id,splits\nC,x\n", "campaigns.csv", [("line 2", "splits", "WRONG_TYPE")]),
        (
            "link_id,promoter_id,target,valid_from,effective_from\nL,P,any,2090-01-01,2090-01-01\nM,P,any,x,1.0\n",
            "links.csv",
            [("line 3", "effective_from", "WRONG_TYPE"), ("line 3", "valid_from", "WRONG_TYPE")],
        ),
    ],
)
def test_every_fault_of_a_csv_is_named_with_its_line(
    text: str, name: str, faults: list[tuple[str, str, str]]
) -> None:
    assert faults_of_csv(text, name) == faults
