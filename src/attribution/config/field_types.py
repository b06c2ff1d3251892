"""Kinds of values: texts and lists that have a form of their own."""

import re
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:,/@\[\]]+):(\d{1,5})")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]*")
_LONGEST_NAME: Final = 100
"""A topic's name has 249 characters at most: a prefix, the application, and what the topic is for."""


def _addresses(text: str) -> str:
    if not all(_is_address(address.strip()) for address in text.split(",")):
        raise ValueError("should be host:port[,host:port…]")
    return text


def _is_address(text: str) -> bool:
    match = _ADDRESS.fullmatch(text)
    return match is not None and 0 < int(match[2]) < 2**16


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("should consist of the letters A-Z and a-z, digits, '.', '_' and '-'")
    return text


def _listed(value: object) -> object:
    """A variable in the environment has its items separated by commas."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",")]
    return value


def _each_once(items: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(items)) < len(items):
        raise ValueError("should name each topic once")
    return items


RekeyedTopic: TypeAlias = Literal["clicks", "room-entries", "orders"]

Addresses = Annotated[str, AfterValidator(_addresses)]
"""Brokers as ``host:port``, separated by commas."""
Name = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME), AfterValidator(_name)]
"""What Kafka takes as a part of a topic's name."""
Prefix = Annotated[str, Field(max_length=_LONGEST_NAME), AfterValidator(_name)]
"""The same, or nothing."""
RekeyedTopics = Annotated[tuple[RekeyedTopic, ...], BeforeValidator(_listed), AfterValidator(_each_once)]
