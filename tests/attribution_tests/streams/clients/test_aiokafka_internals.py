# mypy: disable-error-code="import-untyped"
"""aiokafka's private parts are those that the engine was written for, and no other module names any."""

import re
from pathlib import Path
from typing import Final

import pytest
from aiokafka.consumer.fetcher import Fetcher

import attribution
from attribution.streams.clients.aiokafka_internals import RELIED_ON
from attribution_tests.streams import private_parts
from attribution_tests.streams.private_parts import changes

SOURCES: Final = {
    "aiokafka.consumer.consumer:AIOKafkaConsumer.__init__": "01506f316191",
    "aiokafka.consumer.consumer:AIOKafkaConsumer.start": "2f1ba7044332",
    "aiokafka.consumer.fetcher:PartitionRecords": "94aa0da0dbec",
    "aiokafka.consumer.fetcher:FetchResult": "d7db13f06de8",
    "aiokafka.consumer.fetcher:Fetcher._proc_fetch_request": "59bf948fff47",
    "aiokafka.conn:AIOKafkaConnection.send": "5909ea32f4ef",
    "aiokafka.conn:AIOKafkaConnection.close": "28f164aa1e4f",
    "aiokafka.conn:CloseReason": "3824c2ca7682",
    "aiokafka.conn:create_conn": "673276cbddb4",
    "aiokafka.consumer.fetcher:Fetcher.__init__": "bf21ecb7e0f2",
    "aiokafka.consumer.fetcher:Fetcher._fetch_requests_routine": "2a8ec5932644",
    "aiokafka.consumer.fetcher:Fetcher._get_actions_per_node": "1dab2cf937d1",
    "aiokafka.consumer.subscription_state:Assignment": "ce6859542c70",
    "aiokafka.consumer.subscription_state:TopicPartitionState": "2b83334afadf",
    "aiokafka.consumer.fetcher:Fetcher.error_future": "255f98d81bc7",
    "aiokafka.client:AIOKafkaClient.bootstrap": "198943b004e5",
    "aiokafka.client:AIOKafkaClient._md_synchronizer": "e0421bffa9a7",
    "aiokafka.consumer.group_coordinator:GroupCoordinator.__init__": "9e729f077efc",
    "aiokafka.consumer.group_coordinator:GroupCoordinator._coordination_routine": "75273e127d4a",
    "aiokafka.consumer.group_coordinator:GroupCoordinator.check_errors": "ba6ca51ad348",
    "aiokafka.consumer.subscription_state:SubscriptionState.fetch_context": "ff2a654dca23",
    "aiokafka.consumer.group_coordinator:GroupCoordinator._send_req": "fa4b12e914ce",
    "aiokafka.consumer.group_coordinator:CoordinatorGroupRebalance.perform_group_join": "ff2c2109b2e9",
    "aiokafka.protocol.group:JoinGroupRequest": "61c9408bd354",
    "aiokafka.coordinator.assignors.abstract:AbstractPartitionAssignor": "4089452a0220",
    "aiokafka.coordinator.assignors.range:RangePartitionAssignor": "963e4a375767",
    "aiokafka.coordinator.protocol:ConsumerProtocolMemberMetadata": "7a4475883451",
    "aiokafka.coordinator.protocol:ConsumerProtocolMemberAssignment": "44c63b54117e",
    "aiokafka.consumer.group_coordinator:GroupCoordinator._perform_assignment": "a5cf61fa9732",
    "aiokafka.consumer.group_coordinator:GroupCoordinator._on_join_complete": "0b0b3d204b40",
    "aiokafka.partitioner:murmur2": "62179ca18494",
}
"""The digest of each part's source in the version that the entries name."""
EXEMPTION: Final = re.compile("noqa.*(SLF001|TID251)")


def found() -> list[str]:
    return changes("aiokafka", RELIED_ON, SOURCES)


def test_aiokafka_is_the_one_that_this_was_written_for() -> None:
    assert not found(), "\n\n".join(found())


def test_each_digest_belongs_to_an_entry() -> None:
    assert SOURCES.keys() == {name for parts in RELIED_ON for name in parts.names}


def test_a_changed_function_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fetcher, "_get_actions_per_node", lambda _: None)
    (change,) = found()
    assert "The source of aiokafka.consumer.fetcher:Fetcher._get_actions_per_node has changed" in change
    assert "aiokafka 0.14.0 is installed, this was written for 0.14.0" in change
    assert "Used for: fetch_promptly" in change
    assert "set the digest in this test to" in change


def test_a_missing_part_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Fetcher, "error_future")
    (change,) = found()
    assert "aiokafka.consumer.fetcher:Fetcher.error_future is missing" in change
    assert "issues/1154" in change


def test_another_version_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoders in C have no source to compare."""
    monkeypatch.setattr(private_parts, "version", lambda _: "0.14.1")
    assert [change.splitlines()[0] for change in found()] == [
        "The version has changed. aiokafka 0.14.1 is installed, this was written for 0.14.0."
    ] * len(RELIED_ON)


def test_no_other_module_is_exempt_from_the_rules_against_reaching_in() -> None:
    """The two modules that may reach in are exempt in pyproject.toml."""
    source = Path(attribution.__file__).parent
    exempt = [path for path in source.rglob("*.py") if EXEMPTION.search(path.read_text())]
    assert not exempt
