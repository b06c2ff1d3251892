"""The tables of the demo: orders, ledger, verdicts."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from rich import box
from rich.table import Column, Table
from rich.text import Text

from attribution.commands.demo.balances import Balance
from attribution.commands.demo.order_stories import Story
from attribution.domain.decisions.verdicts import CREDITED
from attribution.domain.records.currencies import money_text
from attribution.domain.records.outputs import Bucket

_BUCKETS: Final[tuple[Bucket, ...]] = ("pending", "confirmed", "settled", "held")
_BAR: Final = 30


def orders_table(stories: Iterable[Story]) -> Table:
    """Return a table with two lines per order."""
    table = Table(
        Column("order\nplaced (UTC)", no_wrap=True),
        Column("paid\ncommission", justify="right", no_wrap=True),
        Column("credited to\nby link", overflow="fold"),
        Column("other touches", overflow="fold"),
        box=box.HORIZONTALS,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for story in stories:
        table.add_row(_order(story), _amounts(story), _credited(story), _others(story), end_section=True)
    return table


def ledger_table(balances: Iterable[Balance]) -> Table:
    """Return the balances and their sums, without buckets that are empty everywhere."""
    shown = list(balances)
    buckets = [name for name in _BUCKETS if any(balance.buckets[name] for balance in shown)]
    table = Table(
        "account",
        "",
        *(Column(name, justify="right") for name in buckets),
        box=box.HORIZONTALS,
        show_edge=False,
        pad_edge=False,
    )
    for account, currency, amounts in shown:
        table.add_row(account, currency, *(money_text(amounts[name], currency) for name in buckets))
    table.add_section()
    for currency in sorted({balance.currency for balance in shown}):
        sums = [sum(one.buckets[name] for one in shown if one.currency == currency) for name in buckets]
        table.add_row("all accounts", currency, *(money_text(amount, currency) for amount in sums))
    return table


def verdict_bars(stories: Iterable[Story], block: str) -> Table:
    """Return one bar per verdict, the longest on top; ``block`` is the character of the bars."""
    verdicts = Counter(one.verdict for story in stories for one in story.decision.candidates)
    table = Table.grid(Column(), Column(justify="right"), Column(), padding=(0, 1))
    for verdict, count in verdicts.most_common():
        length = max(1, _BAR * count // max(verdicts.values()))
        style = "green" if verdict == CREDITED else "cyan"
        table.add_row(verdict, str(count), Text(block * length, style))
    return table


def date_text(time: int) -> str:
    """Return a time as YYYY-MM-DD HH:MM, UTC."""
    return f"{datetime.fromtimestamp(time / 1_000, UTC):%Y-%m-%d %H:%M}"


def _order(story: Story) -> Text:
    return Text(f"{story.paid.order_id}\n").append(date_text(story.paid.placed_at), "dim")


def _amounts(story: Story) -> Text:
    currency = story.paid.currency
    text = Text(f"{money_text(story.paid.paid_amount, currency)}\n")
    return text.append(money_text(story.commission, currency), "green" if story.commission else "dim")


def _credited(story: Story) -> Text:
    if not story.decision.credits:
        return Text("organic", "yellow").append(
            "\nno touch in range" if not story.decision.candidates else ""
        )
    lines = [Text(f"{one.promoter_id}\n").append(one.link_id, "dim") for one in story.decision.credits]
    return Text("\n").join(lines)


def _others(story: Story) -> Text:
    losers = [f"{verdict} {count}" for verdict, count in sorted(story.losers.items())]
    notes = sorted({posting.note for posting in story.postings if posting.note})
    kinds = sorted({"refunded" for posting in story.postings if posting.kind == "reversed"})
    return Text("\n".join(losers) or "-").append("".join(f"\n({word})" for word in [*notes, *kinds]), "dim")
