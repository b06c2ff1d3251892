"""The contract as an AsyncAPI 3.0.0 document: the engine receives inputs and sends outputs."""

from typing import Any, Final, TypeAlias

from attribution.commands.schemas.json_schema import file_name
from attribution.domain.records.topics import TOPICS, Topic

Node: TypeAlias = dict[str, Any]

CONTRACT_VERSION: Final = "1.0.0"
BINDING_VERSION: Final = "0.4.0"


def document() -> Node:
    """Return the document; its payloads refer to the schema files in the same directory."""
    return {
        "asyncapi": "3.0.0",
        "info": _info(),
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {_operation_id(topic): _operation(topic) for topic in TOPICS},
    }


def _info() -> Node:
    return {
        "title": "attribution",
        "version": CONTRACT_VERSION,
        "description": "Decides which promoter link drove an order, and what is owed to whom.",
        "license": {"name": "Apache-2.0"},
    }


def _channel(topic: Topic) -> Node:
    return {
        "address": topic.name,
        "title": topic.name,
        "description": topic.meaning,
        "messages": {topic.name: _message(topic)},
        "bindings": {"kafka": _topic_binding(topic)},
        "x-timestamp-type": topic.timestamp_type,
    }


def _message(topic: Topic) -> Node:
    key = {"type": "string", "description": topic.key}
    return {
        "name": topic.name,
        "contentType": "application/json",
        "payload": {"$ref": f"./{file_name(topic)}"},
        "bindings": {"kafka": {"key": key, "bindingVersion": BINDING_VERSION}},
    }


def _topic_binding(topic: Topic) -> Node:
    """Return the Kafka settings of a topic.

    Those that the deployment decides (partitions, the horizon's retention) are left out.
    """
    configuration: Node = {"cleanup.policy": [topic.cleanup_policy]}
    if topic.retention_ms is not None:
        configuration["retention.ms"] = topic.retention_ms
    binding: Node = {"topic": topic.name}
    if topic.partitions is not None:
        binding["partitions"] = topic.partitions
    return binding | {"topicConfiguration": configuration, "bindingVersion": BINDING_VERSION}


def _action(topic: Topic) -> str:
    return "send" if topic.role == "output" else "receive"


def _operation_id(topic: Topic) -> str:
    return _action(topic) + topic.name.title().replace("-", "")


def _operation(topic: Topic) -> Node:
    channel = f"#/channels/{topic.name}"
    return {
        "action": _action(topic),
        "channel": {"$ref": channel},
        "summary": topic.meaning,
        "messages": [{"$ref": f"{channel}/messages/{topic.name}"}],
    }
