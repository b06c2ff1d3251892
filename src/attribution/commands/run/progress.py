"""A progress bar on standard error, if that is a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from attribution.hosts.embedded.totals import StepReport


@contextmanager
def progress_bar(*, wanted: bool) -> Iterator[Callable[[StepReport], None]]:
    """Show the progress of a run; call the yielded function with the report of each step."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[records]:,} records, {task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not (wanted and console.is_terminal)
    ) as bar:
        yield _shown_by(bar)


def _shown_by(bar: Progress) -> Callable[[StepReport], None]:
    task = bar.add_task("Attributing", total=None, records=0, rate=0.0)
    began, records = perf_counter(), 0

    def show(step: StepReport) -> None:
        nonlocal records
        records += step.records
        bar.update(
            task,
            total=step.progress.total,
            completed=step.progress.done,
            records=records,
            rate=records / (perf_counter() - began),
        )

    return show
