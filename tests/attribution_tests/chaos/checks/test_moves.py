"""A process must restore only the tasks that it did not have before."""

import json

from attribution_tests.chaos.checks.moves import restored_without_moving


def log(*entries: tuple[str, object]) -> str:
    rows = [
        {"event": event, "timestamp": str(number), **({} if content is None else {_KEYS[event]: content})}
        for number, (event, content) in enumerate(entries)
    ]
    return "\n".join(map(json.dumps, rows))


_KEYS = {"tasks assigned": "tasks", "task ready": "task"}
STARTS = ("worker starts", None)


def where(text: str) -> list[str]:
    return [violation.where for violation in restored_without_moving("a", text)]


def test_a_task_that_arrives_may_be_restored() -> None:
    came = log(
        STARTS, ("tasks assigned", [0]), ("task ready", 0), ("tasks assigned", [0, 1]), ("task ready", 1)
    )
    assert where(came) == []


def test_a_task_that_stays_must_not_be_restored() -> None:
    stayed = log(
        STARTS, ("tasks assigned", [0]), ("task ready", 0), ("tasks assigned", [0]), ("task ready", 0)
    )
    assert where(stayed) == ["a task 0"]


def test_a_task_that_left_and_came_back_may_be_restored() -> None:
    back = [("tasks assigned", [0]), ("task ready", 0), ("tasks assigned", [1]), ("task ready", 1)]
    assert where(log(STARTS, *back, ("tasks assigned", [0, 1]), ("task ready", 0))) == []


def test_a_new_process_may_restore_all_its_tasks() -> None:
    once = [STARTS, ("tasks assigned", [0]), ("task ready", 0)]
    assert where(log(*once, *once)) == []
