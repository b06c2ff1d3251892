"""Faults between the fields of a record."""

from collections.abc import Callable
from typing import Any, Final

from attribution.domain.records.fields import MILLION
from attribution.domain.records.outputs import RefusalCode
from attribution.domain.records.reference import Campaign, Link

Fault = tuple[RefusalCode, str]


def _link_faults(link: Link) -> list[Fault]:
    if link.target == "any" or getattr(link, f"{link.target}_id") is not None:
        return []
    return [("BAD_LINK", f"target is {link.target}, but {link.target}_id is missing")]


def _split_faults(campaign: Campaign) -> list[Fault]:
    received = {"total"}
    passed_on: dict[str, int] = {}
    for split in campaign.splits:
        if split.of not in received:
            return [("BAD_SPLITS", f"{split.role} takes of {split.of}, which has not received anything yet")]
        passed_on[split.of] = passed_on.get(split.of, 0) + split.share_ppm
        if passed_on[split.of] > MILLION:
            return [("BAD_SPLITS", f"{split.of} gives away {passed_on[split.of]} ppm of what it received")]
        received.add(split.role)
    return []


_RULES: Final[dict[type, Callable[[Any], list[Fault]]]] = {Link: _link_faults, Campaign: _split_faults}


def cross_field_faults(record: object) -> list[Fault]:
    """Return code and detail of each fault between the fields of a well-typed record."""
    rule = _RULES.get(type(record))
    return rule(record) if rule else []
