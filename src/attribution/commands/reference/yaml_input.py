"""YAML input: a mapping from topics to lists of records."""

import json
from collections.abc import Hashable, Iterator
from typing import Any, Final

import yaml
from yaml.constructor import ConstructorError

from attribution.commands.reference.draft import Draft, Drafts, Fault, Place
from attribution.domain.records.topics import REFERENCES

TOPIC_NAMES: Final = tuple(topic.name for topic in REFERENCES)
_TAG: Final = "tag:yaml.org,2002:"
_JSON_TAGS: Final = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")}


class _Loader(yaml.SafeLoader):
    """A loader for YAML with JSON values only. A date stays text: its field decides how to read it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse duplicate keys and keys that are not text: both would silently lose a field."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise ConstructorError(
                    problem=f"key {key} is not text; quote it", problem_mark=key_node.start_mark
                )
            if key in seen and key != "<<":
                raise ConstructorError(problem=f"duplicate key {key}", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != f"{_TAG}timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.yaml_constructors = {
    tag: constructor
    for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag in _JSON_TAGS
}


def read_yaml(text: str, file: str) -> Drafts:
    """Read the text of a YAML file.

    Args:
        text: a mapping from reference topics to lists of records.
        file: the file's name, for faults.

    Returns:
        The drafts in file order, and a fault for each part that cannot be read.
    """
    try:
        content = yaml.load(text, _Loader)  # noqa: S506 - a subclass of SafeLoader
        json.dumps(content, ensure_ascii=False).encode()  # refuses cycles and lone surrogates
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Drafts(
            [], [Fault(Place(file), "", "BAD_FILE", f"not plain YAML: {' '.join(str(error).split())}")]
        )
    if not isinstance(content, dict):
        reason = f"expected a mapping from topics ({', '.join(TOPIC_NAMES)}) to lists of records"
        return Drafts([], [Fault(Place(file), "", "BAD_FILE", reason)])
    found = list(_drafts_in(content, file))
    return Drafts(
        [one for one in found if isinstance(one, Draft)], [one for one in found if isinstance(one, Fault)]
    )


def _drafts_in(content: dict[str, Any], file: str) -> Iterator[Draft | Fault]:
    for topic, records in content.items():
        if topic not in TOPIC_NAMES:
            reason = f"not a reference topic; the reference topics are {', '.join(TOPIC_NAMES)}"
            yield Fault(Place(file, topic), "", "UNKNOWN_TOPIC", reason)
        elif not isinstance(records, list | None):
            yield Fault(Place(file, topic), "", "WRONG_TYPE", "expected a list of records")
        else:
            for index, fields in enumerate(records or []):
                yield _draft(Place(file, f"{topic}[{index}]"), topic, fields)


def _draft(place: Place, topic: str, fields: Any) -> Draft | Fault:
    if isinstance(fields, dict):
        return Draft(place, topic, fields)
    return Fault(place, "", "WRONG_TYPE", "expected a mapping of fields")
