"""Commands that need Kafka, without a broker, and options that do not go together."""

import pytest

from attribution_tests.program import start


@pytest.mark.parametrize(
    "arguments", [("topics", "plan"), ("topics", "apply"), ("simulate", "--to", "kafka", "--events", "1")]
)
def test_without_brokers_it_is_78(arguments: tuple[str, ...]) -> None:
    done = start(*arguments)
    assert (done.returncode, done.stdout) == (78, "")
    assert "kafka.bootstrap: is not set" in done.stderr


def test_brokers_that_do_not_answer_are_69() -> None:
    done = start("topics", "plan", ATTRIBUTION_KAFKA__BOOTSTRAP="127.0.0.1:1")
    assert (done.returncode, done.stdout) == (69, "")
    assert "error: Kafka at 127.0.0.1:1: no broker could be reached" in done.stderr
    assert "check kafka.bootstrap" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--output or --to kafka"),
        (("-o", "x", "--to", "kafka"), "--output or --to kafka"),
        (("-o", "x", "--rate", "3"), "--to kafka only"),
        (("--to", "kafka", "--replace"), "--output only"),
        (("-o", "x", "--start", "soon"), "soon is not a time"),
    ],
)
def test_simulate_refuses_options_that_do_not_go_together(arguments: tuple[str, ...], said: str) -> None:
    done = start("simulate", *arguments, COLUMNS="200")
    assert done.returncode == 2
    assert said in done.stderr
