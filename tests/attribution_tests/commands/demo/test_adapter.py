import hashlib
from collections import Counter
from itertools import pairwise

import msgspec
import pytest

from attribution.commands.demo.data import events, shop
from attribution.commands.demo.data.clickstream import sessions
from attribution.domain.ingest.decoder import TopicDecoder
from attribution.domain.ingest.refusal import Refusal
from attribution.domain.records.events import (
    Click,
    OrderCreated,
    OrderPaid,
    OrderReceived,
    OrderRefunded,
    OrderSettled,
    RoomEntry,
)
from attribution.domain.records.fields import DAY_MS
from attribution.domain.records.topics import BY_NAME, READ
from attribution.engine.producer_record import ProducerRecord

PINNED = "989b8d032ee86f336cb07748bcc00dfcb7211a71a8f1d54fdfe662cf88ca904d"
DECODERS = {topic.name: msgspec.json.Decoder(topic.record) for topic in READ}


@pytest.fixture(scope="module")
def records() -> list[ProducerRecord]:
    return list(events())


@pytest.fixture(scope="module")
def decoded(records: list[ProducerRecord]) -> list[msgspec.Struct]:
    return [DECODERS[record.topic].decode(record.value) for record in records]


def test_the_whole_source_is_read() -> None:
    read = sessions()
    assert len(read) == 3_605
    assert sum(len(session.steps) for session in read) == 31_106
    assert len({session.user_id for session in read}) == 600


def test_the_bytes_are_always_the_same(records: list[ProducerRecord]) -> None:
    lines = (f"{one.topic} {one.timestamp} {one.key} ".encode() + one.value + b"\n" for one in records)
    assert hashlib.sha256(b"".join(lines)).hexdigest() == PINNED


def test_records_are_in_total_order(records: list[ProducerRecord]) -> None:
    places = [(one.timestamp, BY_NAME[one.topic].rank or 0, one.key, one.value) for one in records]
    assert places == sorted(places)


def test_ingest_refuses_no_record(records: list[ProducerRecord]) -> None:
    readers = {topic.name: TopicDecoder(topic) for topic in READ}
    for record in records:
        assert not isinstance(readers[record.topic].decode([record.value], [record.timestamp])[0], Refusal)


def test_every_purchase_is_an_order_with_a_lifecycle(decoded: list[msgspec.Struct]) -> None:
    kinds = Counter(type(event) for event in decoded)
    assert kinds[OrderCreated] == kinds[OrderPaid] == kinds[OrderReceived] == 470
    assert kinds[OrderSettled] == 470 - 81
    assert kinds[OrderRefunded] == 15


def test_every_session_from_a_channel_begins_with_a_click(decoded: list[msgspec.Struct]) -> None:
    clicks = [event for event in decoded if isinstance(event, Click) and event.surface == "off_platform"]
    by_channel = Counter(click.channel for click in clicks)
    assert by_channel == {"paid_search": 1_023, "social": 554, "email": 583}


def test_every_promo_page_is_a_room_entry(decoded: list[msgspec.Struct]) -> None:
    entries = [event for event in decoded if isinstance(event, RoomEntry)]
    assert len(entries) == 796
    assert all((entry.click_id is None) != (entry.link_id is None) for entry in entries)


def test_anonymous_clicks_are_named_by_entries(decoded: list[msgspec.Struct]) -> None:
    anonymous = {event.click_id for event in decoded if isinstance(event, Click) and event.buyer_id is None}
    named = {event.click_id for event in decoded if isinstance(event, RoomEntry)}
    assert anonymous & named
    assert anonymous - named


def test_event_ids_are_unique(decoded: list[msgspec.Struct]) -> None:
    ids = [event.event_id for event in decoded if hasattr(event, "event_id")]
    assert len(ids) == len(set(ids))


def test_an_amount_is_the_price_of_the_product(decoded: list[msgspec.Struct]) -> None:
    prices = {product.product_id: product.price for product in shop.PRODUCTS}
    for event in decoded:
        if isinstance(event, OrderPaid):
            assert event.paid_amount == prices[event.product_id]


def test_ticks_are_daily_and_end_after_all_records(records: list[ProducerRecord]) -> None:
    ticks = [record.timestamp for record in records if record.topic == "ticks"]
    assert {later - earlier for earlier, later in pairwise(ticks)} == {DAY_MS}
    assert ticks[-1] == records[-1].timestamp
