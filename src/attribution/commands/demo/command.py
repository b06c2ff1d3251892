"""``attribution demo``: writes the input, runs the main job, prints the result."""

import shutil
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer
from rich.console import Console
from rich.text import Text

from attribution.commands.demo.balances import balances_of
from attribution.commands.demo.data import events
from attribution.commands.demo.order_stories import Story, read_stories
from attribution.commands.demo.sampling import varied
from attribution.commands.demo.tables import date_text, ledger_table, orders_table, verdict_bars
from attribution.config import load
from attribution.domain.records.currencies import money_text
from attribution.domain.records.outputs import Posting
from attribution.errors import OutputError
from attribution.hosts.embedded.ndjson_writer import write_directory
from attribution.hosts.embedded.plan import plan_of
from attribution.hosts.embedded.run import EmbeddedRun
from attribution.hosts.embedded.totals import RunTotals

SOURCE: Final = (
    "Data: synthetic shop clickstream shipped with PyPI package retentioneering 5.2.4, Apache-2.0; "
    "promoters, links, prices and terms are made up here."
)
_MARK: Final = ".attribution-demo"
_ORDERS: Final = 12

_Output: TypeAlias = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="Where input/ and output/ are written.")
]


def demo_command(*, output: _Output = Path("out/demo")) -> None:
    """Run a shop's clickstream through the main job, and show which links drove which orders.

    Writes the clickstream as events to DIR/input, and runs the job with its
    output in DIR/output. Then reads the files back, and prints some orders,
    the ledger, and the verdicts on all touches. Replaces an earlier demo in
    DIR.

    Examples:
        attribution demo

        attribution demo --output /tmp/demo
    """
    _make_room(output)
    write_directory(events(), output / "input")
    totals = _run(output / "input", output / "output")
    _show(read_stories(output / "input", output / "output"), totals, output)


def _make_room(output: Path) -> None:
    """Remove an earlier demo, and nothing else."""
    if output.exists() and not output.is_dir():
        raise OutputError(f"{output} is not a directory: give another --output")
    if (output / _MARK).exists():
        for part in ("input", "output"):
            shutil.rmtree(output / part, ignore_errors=True)
    elif output.is_dir() and any(output.iterdir()):
        raise OutputError(f"{output} holds something other than an earlier demo: give another --output")
    output.mkdir(parents=True, exist_ok=True)
    (output / _MARK).touch()


def _run(inputs: Path, outputs: Path) -> RunTotals:
    totals = RunTotals()
    with closing(EmbeddedRun(plan_of(load(), str(inputs), outputs))) as embedded:
        embedded.run(totals.add, lambda: False)
    return totals


def _show(stories: list[Story], totals: RunTotals, output: Path) -> None:
    console = Console(highlight=False, markup=False, emoji=False)
    last = stories[-1].paid.placed_at
    postings = [posting for story in stories for posting in story.postings]
    block = "█" if console.encoding.startswith("utf") else "#"
    _section(console, f"{_ORDERS} of {len(stories)} orders", orders_table(varied(stories, _ORDERS)))
    _section(
        console,
        f"Ledger at the last purchase, {date_text(last)} UTC: owed to (+) and by (-)",
        ledger_table(balances_of(postings, last)),
    )
    _section(console, "Verdicts on the touches of all orders", verdict_bars(stories, block))
    console.print()
    for line in (_end_of(postings), *_counts(totals), *_files(output), SOURCE):
        console.print(line, soft_wrap=True)


def _section(console: Console, title: str, *parts: object) -> None:
    console.print(Text(f"\n{title}", "bold"))
    console.print(*parts)


def _end_of(postings: list[Posting]) -> str:
    """Return a line that says what the merchants owe after the last posting."""
    end = max(posting.occurred_at for posting in postings)
    owed: Counter[str] = Counter()
    for balance in balances_of(postings, end):
        if balance.account.startswith("merchant:"):
            owed.subtract({f"{name} {balance.currency}": n for name, n in balance.buckets.items()})
    parts = ", ".join(f"{money_text(amount, key[-3:])} {key}" for key, amount in sorted(owed.items()))
    return f"At the last posting, {date_text(end)} UTC, the merchants owe: {parts}."


def _counts(totals: RunTotals) -> Iterable[str]:
    read = ", ".join(f"{count:,} {topic}" for topic, count in sorted(totals.consumed.items()))
    decided = ", ".join(f"{count} {status}" for status, count in totals.of("decisions").items())
    yield f"Read {totals.records:,} records: {read}."
    yield (
        f"Wrote {totals.total('decisions'):,} decisions ({decided}; {totals.total('revisions')} revisions), "
        f"{totals.total('postings'):,} postings, {totals.total('dead_letters')} dead letters "
        f"in {totals.seconds():.1f} s."
    )


def _files(output: Path) -> Iterable[str]:
    yield f"Input   {output / 'input'}/<topic>.ndjson"
    yield f"Output  {output / 'output'}/decisions.ndjson, commissions.ndjson, …"
