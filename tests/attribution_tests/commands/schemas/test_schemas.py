"""The schema files and the code agree: neither accepts what the other refuses."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from attribution.commands.schemas.__main__ import main
from attribution.commands.schemas.files import generated, write
from attribution.domain.ingest.cross_field import cross_field_faults
from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.reference import Link
from attribution.domain.records.topics import BY_NAME, TOPICS, Topic
from attribution_tests import REPOSITORY
from attribution_tests.commands.schemas.schema_values import Schema, allowed, broken, fullest, kinds

SCHEMAS = REPOSITORY / "schemas"
NAMES = [topic.name for topic in TOPICS]
ORDER_EVENTS = {"created", "paid", "received", "closed", "refunded", "settled", "chargeback"}


@cache
def schema_of(name: str) -> Schema:
    return json.loads((SCHEMAS / f"{name}.schema.json").read_bytes())  # type: ignore[no-any-return]


def examples_of(name: str) -> list[Any]:
    return json.loads((SCHEMAS / "examples" / f"{name}.json").read_bytes())  # type: ignore[no-any-return]


@cache
def validator_of(name: str) -> Any:
    return Draft202012Validator(schema_of(name))


def schema_accepts(name: str, value: Any) -> bool:
    return bool(validator_of(name).is_valid(value))


def code_accepts(name: str, value: Any) -> bool:
    try:
        record = msgspec.json.decode(msgspec.json.encode(value), type=BY_NAME[name].record)
    except msgspec.ValidationError:
        return False
    return not isinstance(record, Link) or not cross_field_faults(record)


def each_example() -> Iterator[Any]:
    for name in NAMES:
        for place, example in enumerate(examples_of(name)):
            yield pytest.param(name, example, id=f"{name}[{place}]")


def each_kind() -> Iterator[Any]:
    for name in NAMES:
        for kind in kinds(schema_of(name)):
            yield pytest.param(name, kind, id=f"{name}/{kind['title']}")


@pytest.mark.parametrize("name", sorted(generated()))
def test_a_file_is_what_the_structs_generate(name: str) -> None:
    assert (SCHEMAS / name).read_bytes() == generated()[name], "run `make schemas` and commit what it changes"


def test_no_file_is_left_over() -> None:
    committed = {
        path.name for path in SCHEMAS.iterdir() if path.is_file() and path.suffix in {".json", ".yaml"}
    }
    assert committed == set(generated())


def test_the_generator_writes_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "new")]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(generated())
    assert capsys.readouterr().out.split() == [str(path) for path in write(tmp_path / "new", generated())]
    assert main([]) == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_a_schema(name: str) -> None:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:attribution:{name}"
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize(("name", "example"), list(each_example()))
def test_an_example_is_accepted_by_both(name: str, example: Any) -> None:
    validator_of(name).validate(example)
    record = msgspec.json.decode(msgspec.json.encode(example), type=BY_NAME[name].record)
    assert not cross_field_faults(record)


def test_there_are_examples_of_every_topic_and_order_event() -> None:
    assert {path.stem for path in (SCHEMAS / "examples").iterdir()} == set(NAMES)
    assert all(len(examples_of(name)) >= 2 for name in NAMES)
    assert {example["type"] for example in examples_of("orders")} == ORDER_EVENTS


@pytest.mark.parametrize(("name", "example"), list(each_example()))
def test_the_schema_accepts_what_the_code_writes(name: str, example: Any) -> None:
    record = msgspec.convert(example, type=BY_NAME[name].record)
    written = msgspec.json.decode(msgspec.json.encode(record))
    validator_of(name).validate(written)
    assert msgspec.convert(written, type=BY_NAME[name].record) == record


@pytest.mark.parametrize("name", NAMES)
@settings(derandomize=True, deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_code_accepts_what_the_schema_allows(name: str, data: st.DataObject) -> None:
    value = data.draw(allowed(schema_of(name)))
    assert code_accepts(name, value)


@pytest.mark.parametrize(("name", "kind"), list(each_kind()))
def test_every_broken_field_is_refused_by_both(name: str, kind: Schema) -> None:
    root = schema_of(name)
    variants = list(broken(kind, root, fullest(kind, root)))
    assert len(variants) > len(kind["properties"])
    assert [done for done, value in variants if schema_accepts(name, value)] == []
    assert [done for done, value in variants if code_accepts(name, value)] == []


@pytest.mark.parametrize(
    ("name", "kind"), [case for case in each_kind() if BY_NAME[case.values[0]].rank is not None]
)
def test_every_broken_field_is_refused_when_read(name: str, kind: Schema) -> None:
    root, reader = schema_of(name), TopicDecoder(BY_NAME[name])
    for done, value in broken(kind, root, fullest(kind, root)):
        (refused,) = reader.decode([msgspec.json.encode(value)])
        assert isinstance(refused, Refusal), done


@pytest.mark.parametrize("name", NAMES)
def test_any_optional_field_of_the_fullest_value_may_be_null_or_absent(name: str) -> None:
    root = schema_of(name)
    for kind in kinds(root):
        value = fullest(kind, root)
        for field in set(value) - set(kind["required"]):
            for variant in (value, value | {field: None}, {key: value[key] for key in value if key != field}):
                assert schema_accepts(name, variant)
                assert code_accepts(name, variant)


@pytest.mark.parametrize("target", ["room", "product", "merchant", "any"])
@pytest.mark.parametrize("named", ["room_id", "product_id", "merchant_id"])
@pytest.mark.parametrize("given_id", [None, "X-1"])
def test_a_link_names_its_target(target: str, named: str, given_id: str | None) -> None:
    link = examples_of("links")[3] | {"target": target, named: given_id}
    fine = target == "any" or (named == f"{target}_id" and given_id is not None)
    assert schema_accepts("links", link) == code_accepts("links", link) == fine


def references(node: Any) -> Iterator[str]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from references(child)
    if isinstance(node, dict) and "$ref" in node:
        yield node["$ref"]


def found(document: Any, reference: str) -> Any:
    if not reference.startswith("#/"):
        return json.loads((SCHEMAS / reference).read_bytes())
    for step in reference[2:].split("/"):
        document = document[step]
    return document


def test_every_reference_of_the_asyncapi_document_resolves() -> None:
    document = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_bytes())
    assert document["asyncapi"] == "3.0.0"
    assert all(found(document, reference) for reference in references(document))


@pytest.mark.parametrize("topic", TOPICS, ids=NAMES)
def test_the_asyncapi_document_names_every_topic(topic: Topic) -> None:
    document = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_bytes())
    channel = document["channels"][topic.name]
    assert channel["address"] == topic.name
    assert found(document, channel["messages"][topic.name]["payload"]["$ref"]) == schema_of(topic.name)
    actions = {
        step["action"] for step in document["operations"].values() if topic.name in step["channel"]["$ref"]
    }
    assert actions == {"send" if topic.role == "output" else "receive"}


def test_the_catalogue_names_every_topic() -> None:
    rows = json.loads((SCHEMAS / "topics.json").read_bytes())
    assert [row["name"] for row in rows] == NAMES
    assert {row["name"] for row in rows if row["retention_ms"] is None} == {
        topic.name for topic in TOPICS if topic.role == "input"
    }
