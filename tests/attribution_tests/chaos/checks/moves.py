"""Find tasks in a worker's log that were restored although they had not moved."""

from collections.abc import Iterator

import msgspec

from attribution_tests.chaos.checks.checkers import Violation


def restored_without_moving(worker: str, log: str) -> Iterator[Violation]:
    """Yield tasks that a process restored although it had them all along."""
    held: set[int] = set()
    due: set[int] = set()
    for line in log.splitlines():
        if not line.startswith("{") or not line.endswith("}"):
            continue
        entry = msgspec.json.decode(line)
        if entry["event"] == "worker starts":
            held, due = set(), set()
        elif entry["event"] == "tasks assigned":
            due = (due | (set(entry["tasks"]) - held)) & set(entry["tasks"])
            held = set(entry["tasks"])
        elif entry["event"] == "task ready":
            if entry["task"] not in due:
                yield Violation(
                    "restored without moving", f"{worker} task {entry['task']}", entry["timestamp"]
                )
            due.discard(entry["task"])
