"""Types of settings: texts and lists with a format of their own."""

import re
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:,/@\[\]]+):(\d{1,5})")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]*")
_LONGEST_NAME: Final = 100
"""Topic names have at most 249 characters: a prefix, the application, and the purpose of the topic."""


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
    """Split a value of an environment variable at its commas."""
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
"""A text that Kafka accepts as part of a topic name."""
Prefix = Annotated[str, Field(max_length=_LONGEST_NAME), AfterValidator(_name)]
"""The same, or empty."""
RekeyedTopics = Annotated[tuple[RekeyedTopic, ...], BeforeValidator(_listed), AfterValidator(_each_once)]
