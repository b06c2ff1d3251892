"""Faust's private parts are those that the engine was written for."""

from typing import Final

import pytest
from faust.tables.manager import TableManager
from faust.transport.consumer import Consumer

from attribution.streams.group.faust_internals import RELIED_ON, DeliveringConsumer
from attribution.streams.group.transport import BatchConsumer
from attribution_tests.streams.private_parts import changes

SOURCES: Final = {
    "faust.transport.consumer:Fetcher": "c922e4ab78d9",
    "faust.transport.consumer:Consumer.__init__": "302410d59e69",
    "faust.transport.consumer:Consumer.track_message": "217d7f1399a4",
    "faust.transport.consumer:Consumer.ack": "5fcf41cf4515",
    "faust.transport.consumer:Consumer._drain_messages": "44a2500309e8",
    "faust.transport.consumer:Consumer.on_partitions_revoked": "d04b7ae72c6f",
    "faust.transport.consumer:Consumer.on_partitions_assigned": "29ce96596f05",
    "faust.types.transports:ConsumerT": "e5fb0d373b20",
    "faust.types.tuples:Message.__init__": "afe1f7597559",
    "faust.types.tuples:ConsumerMessage": "5edc45d571eb",
    "faust.transport.base:Transport": "0b345940700e",
    "faust.transport.conductor:Conductor._subscriber": "2a7908583404",
    "faust.app.base:App._new_transport": "42db531312dd",
    "faust.app.base:App._on_partitions_assigned": "de932b7927db",
    "faust.app.base:App._on_partitions_revoked": "d5c895bbe57d",
    "faust.app.base:App._stop_consumer": "55854a5de12c",
    "faust.app.base:App._stop_fetcher": "68494554c248",
    "faust.app.base:App._fetcher": "2ee3393e3555",
    "faust.app.base:App.on_rebalance_return": "a488c4c75a35",
    "faust.app.base:App.on_rebalance_end": "b7ff69e1e377",
    "faust.tables.manager:TableManager": "f6eed12883a3",
    "faust.app.base:App._create_directories": "a9f571c3b04a",
}
"""The digest of each part's source in the version that the entries name."""


def found() -> list[str]:
    return changes("faust-streaming", RELIED_ON, SOURCES)


def test_faust_is_the_one_that_this_was_written_for() -> None:
    assert not found(), "\n\n".join(found())


def test_each_digest_belongs_to_an_entry() -> None:
    assert SOURCES.keys() == {name for parts in RELIED_ON for name in parts.names}


def test_a_changed_method_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Consumer, "track_message", lambda *_: None)
    (change,) = found()
    assert "The source of faust.transport.consumer:Consumer.track_message has changed" in change
    assert "faust-streaming 0.15.3 is installed, this was written for 0.15.3" in change
    assert "Used for: DeliveringConsumer" in change


def test_a_missing_class_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(f"{TableManager.__module__}.TableManager")
    (change,) = found()
    assert "faust.tables.manager:TableManager is missing" in change


def test_the_consumer_has_all_that_faust_requires() -> None:
    """Faust's abstract methods may grow."""
    assert not BatchConsumer.__abstractmethods__
    assert "deliver" in DeliveringConsumer.__abstractmethods__
