"""The summary of a run, as aligned text and as JSON."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from attribution.commands.run.observed_run import Outcome
from attribution.domain.records.currencies import money_text

_NAME: Final = 24
_NUMBER: Final = 16


def json_of(outcome: Outcome) -> str:
    """Return the summary as JSON, with money in minor units by kind and currency."""
    return msgspec.json.format(msgspec.json.encode(_values(outcome))).decode()


def text_of(outcome: Outcome) -> str:
    """Return the summary as aligned lines."""
    totals = outcome.totals
    lines = [
        *_block("records read", totals.consumed),
        *_block("decisions", totals.of("decisions")),
        *_block("postings", totals.of("postings")),
        *_money(totals.money()),
        *_block("dead letters", totals.of("dead_letters")),
        *_block("expired", {}, totals.total("expired")),
        "",
        f"{'time':<{_NAME}}{_time(outcome)}",
        *_memory(totals.sizes),
        f"{'written to':<{_NAME}}{next(iter(outcome.paths.values())).parent}",
        *(f"  {path.name}" for path in outcome.paths.values()),
    ]
    return "\n".join([*_notices(outcome), *lines])


def _values(outcome: Outcome) -> dict[str, Any]:
    totals = outcome.totals
    return {
        "resumed": outcome.has_resumed,
        "stopped": outcome.was_stopped,
        "records": dict(sorted(totals.consumed.items())),
        "records_total": totals.records,
        "decisions": totals.of("decisions"),
        "revisions": totals.total("revisions"),
        "verdicts": totals.of("verdicts"),
        "unconsidered_touches": totals.total("unconsidered_touches"),
        "postings": totals.of("postings"),
        "money_minor_units": totals.money(),
        "dead_letters": totals.of("dead_letters"),
        "expired": totals.total("expired"),
        "seconds": round(outcome.seconds, 3),
        "records_per_second": round(_rate(outcome)),
        "state_bytes": totals.sizes.get("state_bytes"),
        "resident_bytes": totals.sizes.get("resident_bytes"),
        "files": {topic: str(path) for topic, path in outcome.paths.items()},
    }


def _block(title: str, parts: Mapping[str, int], total: int | None = None) -> list[str]:
    """Return a line with a total, and the lines of its parts."""
    return [
        _row(title, f"{sum(parts.values()) if total is None else total:,}"),
        *(_row(f"  {name}", f"{amount:,}") for name, amount in sorted(parts.items())),
    ]


def _money(posted: Mapping[str, Mapping[str, int]]) -> Iterable[str]:
    if posted:
        yield "money in postings"
    for kind, amounts in posted.items():
        for currency, amount in amounts.items():
            yield f"{_row(f'  {kind}', money_text(amount, currency))} {currency}"


def _row(name: str, value: str) -> str:
    return f"{name:<{_NAME}}{value:>{_NUMBER}}"


def _notices(outcome: Outcome) -> Iterable[str]:
    if outcome.was_stopped:
        how = (
            "the same command resumes from here"
            if outcome.plan.state
            else "without --state, it can't be resumed"
        )
        yield f"Stopped by a signal; {how}."
    if outcome.has_resumed:
        yield "Resumed an earlier run; the counts are those of this run."


def _time(outcome: Outcome) -> str:
    return f"{outcome.seconds:,.2f} s, {_rate(outcome):,.0f} records/s"


def _rate(outcome: Outcome) -> float:
    return outcome.totals.records / outcome.seconds


def _memory(sizes: Mapping[str, int]) -> Iterable[str]:
    if sizes:
        state, resident = _mebibytes(sizes["state_bytes"]), _mebibytes(sizes["resident_bytes"])
        yield f"{'memory':<{_NAME}}state {state}, resident {resident}"


def _mebibytes(count: int) -> str:
    return f"{count / (1 << 20):,.1f} MiB"
