"""Reading complete records, alone and in batches with good and bad ones: the result is the same."""

from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.domain.records.topics import BY_NAME
from attribution_tests.domain.ingest.read_outcomes import READERS, encoded, outcome, refused
from attribution_tests.domain.ingest.sample_records import GOOD, LAST, NOW, PAID, SLACK, TICK, TWO_BYTES


@pytest.mark.parametrize(("topic", "fields"), GOOD)
def test_a_complete_record_is_read(topic: str, fields: dict[str, Any]) -> None:
    assert refused(topic, encoded(fields)) == "read"


@pytest.mark.parametrize(("topic", "fields"), GOOD)
def test_unknown_fields_and_optional_nulls_are_ignored(topic: str, fields: dict[str, Any]) -> None:
    record = BY_NAME[topic].record
    kinds = getattr(record, "__args__", (record,))
    optional = {
        field.encode_name
        for kind in kinds
        for field in msgspec.structs.fields(kind)
        if not field.required and field.encode_name not in fields
    }
    more = dict.fromkeys(sorted(optional)) | {"unheard_of": {"a": [1.5, True, None]}}
    (read,) = READERS[topic].decode([encoded(fields | more)], [NOW])
    assert read == READERS[topic].decode([encoded(fields)], [NOW])[0]


@pytest.mark.parametrize("more", [b"1e400", b"9" * 5_000, b'"' + b"x" * 1_000 + b'"', b"-0.0", b"[[]]"])
def test_the_value_of_an_unknown_field_is_ignored(more: bytes) -> None:
    assert refused("ticks", encoded(TICK)[:-1] + b',"more":' + more + b"}") == "read"


@pytest.mark.parametrize("more", [b"1e400", b"9" * 5_000])
def test_an_unknown_field_is_ignored_beside_a_non_ascii_id(more: bytes) -> None:
    assert (
        refused("ticks", encoded({**TICK, "event_id": TWO_BYTES})[:-1] + b',"more":' + more + b"}") == "read"
    )


def test_a_record_without_a_timestamp_has_its_event_time() -> None:
    """Records in a file have no timestamp. Only placed_at and shipped_at can lie in the future there."""
    values = [
        encoded(PAID),
        encoded(PAID | {"placed_at": NOW + SLACK + 1}),
        encoded(PAID | {"occurred_at": LAST}),
    ]
    assert [outcome(one) for one in READERS["orders"].decode(values)] == ["read", "TIME_IN_FUTURE", "read"]


def test_an_empty_batch_reads_nothing() -> None:
    assert READERS["ticks"].decode([]) == []


ANY_VALUE: Final = st.one_of(
    st.sampled_from(
        [encoded(TICK), encoded({**TICK, "event_id": TWO_BYTES}), encoded({**TICK, "event_id": 1})]
    ),
    st.sampled_from(
        [b"{}", b"[]", b"", b"{", b"}", b"\n", b'{"a":"}', b'{"}', encoded(TICK) + b"\n", b" {} "]
    ),
    st.sampled_from(
        [encoded(TICK)[:-1], encoded(TICK)[1:], encoded(TICK) + b"\n" + encoded(TICK), b',"x":1}']
    ),
    st.sampled_from(
        [encoded({**TICK, "more": {"a": {}}}), encoded({**TICK, "more": "}\n{"}), b'{"more":{}', b"{}}"]
    ),
    st.binary(max_size=12),
    st.text('{}[]",:\n1e- \\u', max_size=12).map(str.encode),
)


@given(st.lists(ANY_VALUE, max_size=8))
def test_reading_a_batch_equals_reading_one_by_one(values: list[bytes]) -> None:
    one_by_one = [READERS["ticks"].decode([value], [NOW])[0] for value in values]
    assert READERS["ticks"].decode(values, [NOW] * len(values)) == one_by_one


@given(
    st.lists(
        st.tuples(st.sampled_from([name for name, _ in GOOD]), st.integers(0, 13), st.integers(0, 30)),
        max_size=90,
    )
)
def test_reading_a_batch_equals_reading_one_by_one_in_every_topic(drawn: list[tuple[str, int, int]]) -> None:
    """Records of all kinds, some of them cut off, go to the reader of any topic."""
    for topic in {name for name, _, _ in drawn}:
        values = [encoded(GOOD[place][1])[: -cut or None] for _, place, cut in drawn if cut < 3]
        one_by_one = [READERS[topic].decode([value], [NOW])[0] for value in values]
        assert READERS[topic].decode(values, [NOW] * len(values)) == one_by_one
