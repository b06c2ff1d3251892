"""Prints one table of the benchmarks with other engines: catch-up, live, and the full rules on a worker.

    python -m bench.comparison

Reads the files that ``make bench-peers-catch-up``, ``bench-peers-live`` and ``bench-kafka`` wrote to build/.
"""

import json
from pathlib import Path
from typing import Any, Final

CATCH_UP: Final = Path("build/bench-peers.json")
LIVE: Final = Path("build/bench-peers-live.json")
WORKER: Final = Path("build/bench-kafka.json")
_EQUAL: Final = {True: "equal to the steps alone", False: "NOT equal"}
BASE: Final = "kafka-streams-memory eo"
HEAD: Final = (
    "engine",
    "events",
    "events/s",
    "events/cpu-s",
    f"of {BASE}",
    "peak MiB",
    "outputs",
    "live p50 ms",
    "p99 ms",
    "of a core",
    "back after kill s",
    "caught up s",
    "outputs live",
)


def main() -> None:
    """Print the table in Markdown."""
    rows = [HEAD, ("---", *["--:"] * (len(HEAD) - 1)), *comparison(), full_rules()]
    for row in rows:
        print(f"| {' | '.join(row)} |")


def comparison() -> list[tuple[str, ...]]:
    """Return a row per engine, with a dash for each missing figure."""
    caught_up, live = results(CATCH_UP), results(LIVE)
    base = caught_up.get(BASE, {}).get("events_per_cpu_s")
    return [
        (name, *of_catch_up(caught_up.get(name, {}), base), *of_live(live.get(name, {})))
        for name in dict.fromkeys([*caught_up, *live])
    ]


def of_catch_up(result: dict[str, Any], base: float | None) -> tuple[str, ...]:
    """Return the cells of catching up with a log that was written beforehand."""
    rate = result.get("events_per_cpu_s")
    return (
        number(result.get("events")),
        number(result.get("wall_rate")),
        number(rate),
        number(rate / base if rate and base else None, 2),
        number(result.get("peak_rss_mib")),
        outcome(result),
    )


def of_live(result: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of live traffic at a rate, and of a kill during it."""
    return (
        number(result.get("p50_ms")),
        number(result.get("p99_ms")),
        number(result.get("of_a_core"), 2),
        number(result.get("first_output_s"), 1),
        number(result.get("caught_up_s"), 1),
        outcome(result),
    )


def full_rules() -> tuple[str, ...]:
    """Return the row of the full rules of this program on its own events."""
    if not WORKER.exists():
        return ("full rules, own events", *["-"] * (len(HEAD) - 1))
    measured = json.loads(WORKER.read_text())
    backlog, live = measured["backlog"], measured["live"]
    return (
        "full rules, own events",
        number(backlog["events"]),
        number(backlog["events_per_second"]),
        number(backlog["events_per_cpu_second"]),
        "-",
        number(backlog["peak_mib"]),
        _EQUAL[backlog["decisions_equal"] and backlog["ledger_equal"]],
        number(live["p50_ms"]),
        number(live["p99_ms"]),
        number(live["core_share"], 2),
        number(live["first_output_s"], 1),
        number(live["caught_up_s"], 1),
        _EQUAL[live["decisions_equal"] and live["ledger_equal"]],
    )


def results(path: Path) -> dict[str, dict[str, Any]]:
    """Return the results by engine and guarantee; empty if there is no file."""
    found = json.loads(path.read_text())["results"] if path.exists() else []
    return {f"{one['engine']} {one['guarantee']}": one for one in found}


def outcome(result: dict[str, Any]) -> str:
    """Return the result of the verifier."""
    if not result:
        return "-"
    checked = result["verify"]
    wrong = [
        f"{checked[kind]} {kind}"
        for kind in ("wrong", "missing", "duplicates", "unexpected")
        if checked[kind]
    ]
    return str(result["failure"] or ", ".join(wrong) or "verified")


def number(value: float | None, digits: int = 0) -> str:
    """Return a figure as text."""
    return "-" if value is None else f"{value:,.{digits}f}"


if __name__ == "__main__":
    main()
