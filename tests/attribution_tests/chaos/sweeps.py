"""Reference records that cause sweeps over many orders."""

import random
from dataclasses import replace
from typing import Any, Final

import msgspec

from attribution.engine.producer_record import ProducerRecord

_EVERY: Final = 10
"""The number of parts of the log; each campaign gets a new rate at each part after the first."""
_STEP_PPM: Final = 1_000


def changed_campaigns(records: list[ProducerRecord], _: random.Random) -> list[ProducerRecord]:
    """Add new versions of all campaigns. Each is effective from the beginning and causes a sweep."""
    campaigns = [record for record in records if record.topic == "campaigns"]
    found = []
    for number, record in enumerate(records):
        found.append(record)
        part, rest = divmod(number * _EVERY, len(records))
        if part and rest < _EVERY:
            found += [_with_rate(one, part * _STEP_PPM, record.timestamp) for one in campaigns]
    return found


def _with_rate(campaign: ProducerRecord, more_ppm: int, timestamp: int) -> ProducerRecord:
    value: dict[str, Any] = msgspec.json.decode(campaign.value)
    value["rate_ppm"] = value.get("rate_ppm", 0) + more_ppm
    key = f"{value['campaign_id']}@{timestamp}"
    return replace(campaign, timestamp=timestamp, key=key, value=msgspec.json.encode(value))
