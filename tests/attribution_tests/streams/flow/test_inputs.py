"""Step inputs: total order, what they wait for, and each record once, whenever the worker crashes."""

from collections.abc import Iterable
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.engine.merge import NOWHERE
from attribution.engine.record import Record
from attribution.streams.flow.inputs import StepInputs
from attribution_tests.streams.flow.inputs_of_worker import (
    DIRECT,
    RANKS,
    REPARTITION_TOPICS,
    SOURCES,
    Logs,
    Sent,
    Watermark,
    Worker,
    all_records,
    before,
    place_of,
    record,
)

TIMES: Final = st.lists(st.integers(0, 9), max_size=6)


def spread(draw: st.DrawFn, log: Iterable[Any]) -> list[tuple[int, Any]]:
    offset, placed = draw(st.integers(0, 2)), []
    for one in log:
        placed.append((offset, one))
        offset += draw(st.integers(1, 2))
    return placed


def direct_log(draw: st.DrawFn, topic: str, *, is_sorted: bool) -> list[tuple[int, Any]]:
    times = draw(TIMES)
    placed = spread(draw, sorted(times) if is_sorted else times)
    return [(offset, record(topic, time, offset=offset)) for offset, time in placed]


def truthful_stream(draw: st.DrawFn, repartition_topic: str, source: int) -> list[Sent | Watermark]:
    """Generate a source that keeps its watermarks, and at the end says that it is caught up."""
    times = sorted(draw(TIMES))
    stream: list[Sent | Watermark] = []
    for number, time in enumerate(times):
        if draw(st.booleans()):
            stream.append(
                Watermark(
                    source, before(repartition_topic, draw(st.integers(times[max(0, number - 1)], time)))
                )
            )
        stream.append(Sent(source, record(repartition_topic, time, source, number)))
    return [*stream, Watermark(source, before(repartition_topic, 0), is_caught_up=True)]


def loose_stream(draw: st.DrawFn, repartition_topic: str, source: int) -> list[Sent | Watermark]:
    """Generate a source that becomes idle repeatedly and whose records are late."""
    stream: list[Sent | Watermark] = []
    for number, time in enumerate(draw(TIMES)):
        stream.append(Sent(source, record(repartition_topic, time, source, number)))
        if draw(st.booleans()):
            stream.append(
                Watermark(source, before(repartition_topic, draw(st.integers(0, 9))), draw(st.booleans()))
            )
    return [*stream, Watermark(source, before(repartition_topic, 0), is_caught_up=True)]


@st.composite
def logs_of(draw: st.DrawFn, *, is_truthful: bool) -> Logs:
    logs: Logs = {topic: direct_log(draw, topic, is_sorted=is_truthful) for topic in DIRECT}
    stream = truthful_stream if is_truthful else loose_stream
    for repartition_topic in REPARTITION_TOPICS:
        streams = [stream(draw, repartition_topic, source) for source in range(SOURCES)]
        turns = draw(st.permutations([source for source in range(SOURCES) for _ in streams[source]]))
        sending = [iter(one) for one in streams]
        logs[repartition_topic] = spread(draw, [next(sending[source]) for source in turns])
    return logs


ACTIONS: Final = st.lists(
    st.tuples(
        st.sampled_from(["feed"] * 4 + ["release", "end", "commit", "crash", "restart"]),
        st.sampled_from(list(RANKS)),
        st.integers(1, 12),
    ),
    max_size=40,
)
MANY: Final = settings(max_examples=300)


@MANY
@given(logs_of(is_truthful=True), ACTIONS)
def test_records_are_released_once_in_total_order_despite_crashes(
    logs: Logs, actions: list[tuple[str, str, int]]
) -> None:
    worker = Worker(logs)
    worker.act(actions)
    assert worker.processed == all_records(logs)
    assert worker.inputs.released_to is None


@MANY
@given(logs_of(is_truthful=False), ACTIONS)
def test_late_records_and_idle_sources_release_each_record_once(
    logs: Logs, actions: list[tuple[str, str, int]]
) -> None:
    worker = Worker(logs)
    worker.act(actions)
    assert sorted(worker.processed, key=place_of) == all_records(logs)
    worker.restart()
    worker.finish()
    assert len(worker.processed) == len(all_records(logs))
    assert [worker.inputs.held_back(topic) for topic in RANKS] == [0] * len(RANKS)
    for topic, source in [(topic, source) for topic in RANKS for source in range(SOURCES)]:
        ours = [one.offset for one in worker.processed if (one.topic, one.partition) == (topic, source)]
        assert ours == sorted(ours)


def times(records: list[Record]) -> list[int]:
    return [one.timestamp for one in records]


class TestADirectInput:
    def test_is_waited_for_until_all_of_it_has_arrived(self) -> None:
        inputs = StepInputs(DIRECT, (), 0, {}, {})
        inputs.add("first", [record("first", 5)], 1)
        inputs.record_end("first", 1)
        assert (inputs.release(), inputs.has_all("last"), inputs.released_to) == ([], False, NOWHERE)
        inputs.record_end("last", 2)
        inputs.add("last", [record("last", 3)], 1)
        assert times(inputs.release()) == [3]
        assert inputs.held_back("first") == 1
        inputs.add("last", [record("last", 4, offset=1)], 2)
        assert (times(inputs.release()), inputs.released_to) == ([4, 5], None)

    def test_is_waited_for_again_when_its_end_moves(self) -> None:
        inputs = StepInputs(DIRECT, (), 0, {}, {})
        for topic in DIRECT:
            inputs.record_end(topic, 0)
        assert (inputs.release(), inputs.released_to) == ([], None)
        inputs.record_end("last", 1)
        inputs.add("first", [record("first", 5)], 1)
        assert (inputs.release(), inputs.released_to) == ([], NOWHERE)

    def test_releases_others_past_records_that_do_not_concern_the_step(self) -> None:
        inputs = StepInputs(DIRECT, (), 0, {}, {})
        inputs.add("first", [record("first", 5)], 1)
        inputs.add("last", [], 10)
        inputs.skip_to("last", (6, RANKS["last"], 0, 9))
        assert times(inputs.release()) == [5]
        assert inputs.positions() == {"first": 1, "last": 10}

    def test_resumes_at_what_is_held_back(self) -> None:
        inputs = StepInputs(DIRECT, (), 0, {"first": 7}, {})
        assert [inputs.next_offset(topic) for topic in DIRECT] == [7, 0]
        inputs.add("first", [record("first", 5, offset=8), record("first", 9, offset=9)], 12)
        assert inputs.positions() == {"first": 8, "last": 0}
        inputs.add("last", [], 1)
        inputs.skip_to("last", (5, RANKS["last"], 0, 0))
        inputs.release()
        assert inputs.positions() == {"first": 9, "last": 1}


class TestRepartitionTopic:
    @pytest.fixture
    def inputs(self) -> StepInputs:
        inputs = StepInputs(["last"], ["entries"], 2, {}, {})
        inputs.add("last", [record("last", 5)], 1)
        inputs.record_end("last", 1)
        return inputs

    def test_is_waited_for_until_the_watermarks_of_all_sources_are_past(self, inputs: StepInputs) -> None:
        inputs.apply_watermark("entries", 0, before("entries", 6), 0, is_caught_up=False)
        assert inputs.release() == []
        inputs.apply_watermark("entries", 1, before("entries", 5), 1, is_caught_up=False)
        assert inputs.release() == []
        inputs.apply_watermark("entries", 1, before("entries", 6), 2, is_caught_up=False)
        assert times(inputs.release()) == [5]

    def test_is_waited_for_unless_all_its_sources_are_idle(self, inputs: StepInputs) -> None:
        inputs.apply_watermark("entries", 0, before("entries", 0), 0, is_caught_up=True)
        inputs.apply_watermark("entries", 1, before("entries", 0), 1, is_caught_up=True)
        inputs.apply_watermark("entries", 1, before("entries", 1), 2, is_caught_up=False)
        assert inputs.release() == []
        inputs.apply_watermark("entries", 1, before("entries", 1), 3, is_caught_up=True)
        inputs.record_end("entries", 4)
        assert inputs.release() == []
        inputs.record_arrival("entries", 4)
        assert (times(inputs.release()), inputs.released_to) == ([5], None)

    def test_may_still_bring_records_with_the_time_and_rank_of_its_watermark(
        self, inputs: StepInputs
    ) -> None:
        for source in range(2):
            inputs.apply_watermark("entries", source, before("entries", 5), source, is_caught_up=False)
        inputs.add_repartitioned("entries", 0, [record("entries", 5, -1)], [2])
        inputs.record_arrival("entries", 3)
        assert inputs.release() == []
        for source in range(2):
            inputs.apply_watermark("entries", source, before("entries", 6), 3 + source, is_caught_up=False)
        assert [one.topic for one in inputs.release()] == ["entries", "last"]

    def test_is_reread_from_the_oldest_latest_watermark_without_repeats(self, inputs: StepInputs) -> None:
        three = [record("entries", time) for time in (1, 2, 3)]
        inputs.apply_watermark("entries", 1, before("entries", 2), 0, is_caught_up=False)
        inputs.add_repartitioned("entries", 0, three, [1, 2, 3])
        inputs.record_arrival("entries", 5)
        assert times(inputs.release()) == [1]
        where = ({"last": 0, "entries": 0}, {"entries": [2, 5]})
        assert (inputs.positions(), inputs.processed()) == where
        again = StepInputs(["last"], ["entries"], 2, *where)
        assert (again.positions(), again.processed()) == where
        again.add_repartitioned("entries", 0, three, [1, 2, 3])
        assert again.held_back("entries") == 2

    def test_is_reread_from_what_is_held_back_before_the_last_watermarks(self, inputs: StepInputs) -> None:
        inputs.add_repartitioned("entries", 0, [record("entries", 3)], [1])
        for source in range(2):
            inputs.apply_watermark("entries", source, before("entries", 3), 2 + source, is_caught_up=False)
        inputs.record_arrival("entries", 4)
        assert inputs.release() == []
        assert (inputs.positions(), inputs.processed()) == ({"last": 0, "entries": 1}, {"entries": [1, 4]})
