"""The peers' join as a job: an order goes to the buyer's latest touch of the last day.

The workload is described in bench/peers/README.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final, TypeAlias

import msgspec

from attribution.engine.record import Record
from attribution.engine.state_version import StateVersion
from attribution.engine.stores.write_buffer import WriteBuffer
from attribution.engine.unit_of_work import OutputRecord, UnitOfWork
from attribution.streams.batch import Fetched
from attribution.streams.checkpoint import TaskCheckpoint
from attribution.streams.flow.inputs import StepInputs
from attribution.streams.flow.step import BatchDecoder, Step
from attribution.streams.flow.watermark import FromSource, ReceivedWatermark
from attribution.streams.task.job import Clock, Work
from attribution.streams.task.offset_index import OffsetIndex
from attribution.streams.task.restore import Restoration

CLICKS: Final = "clicks"
ENTRIES: Final = "room-entries"
ORDERS: Final = "orders"
COMMISSIONS: Final = "commissions"
INPUTS: Final = (CLICKS, ENTRIES, ORDERS)
WINDOW_MS: Final = 86_400_000
RATE_PPM: Final = 100_000
_STEP: Final = "join"
_EVICTED_EVERY_MS: Final = WINDOW_MS // 2


class Click(msgspec.Struct, gc=False):
    event_id: str
    ts: int
    buyer_id: str
    link_id: str | None
    promoter_id: str | None


class Entry(Click, gc=False):
    link_id: str | None = None
    promoter_id: str | None = None


class Order(msgspec.Struct, gc=False):
    order_id: str
    ts: int
    buyer_id: str
    amount: int


class Commission(msgspec.Struct, gc=False):
    order_id: str
    buyer_id: str
    link_id: str | None
    promoter_id: str | None
    amount: int
    commission: int


Touch: TypeAlias = str
"""ts, event_id, link_id and promoter_id in one object.

The greater touch wins, and memory does not fragment.
"""
_NO_TOUCH: Final[Touch] = ""
_KINDS: Final = ((CLICKS, Click), (ENTRIES, Entry), (ORDERS, Order))
_DECODERS: Final = {topic: msgspec.json.Decoder(list[kind]).decode for topic, kind in _KINDS}  # type: ignore[valid-type]
_RANKS: Final = {CLICKS: 0, ENTRIES: 1, ORDERS: 2}
_EVENT: Final = attrgetter("event")
_ENCODE: Final = msgspec.json.Encoder().encode


class _Decoder:
    def decode(self, topic: str, partition: int, fetched: Sequence[Fetched]) -> list[Record]:
        events = _DECODERS[topic](b"[%b]" % b",".join([one.value or b"" for one in fetched]))
        rank = _RANKS[topic]
        return [
            Record(one.timestamp, rank, partition, one.offset, topic, None, b"", event)
            for one, event in zip(fetched, events, strict=True)
        ]

    def decode_repartitioned(
        self, topic: str, fetched: Sequence[Fetched]
    ) -> tuple[Mapping[int, FromSource], list[ReceivedWatermark]]:
        raise NotImplementedError("this job has no repartition topics")


class _Tables:
    """The winning touch of each buyer so far. An order is processed after all touches before it.

    Touches expire by time, half a window at a time.
    """

    def __init__(self) -> None:
        self.stream_time = 0
        self.now = 0
        self.touches: dict[str, Touch] = {}
        self._evicted_at = 0

    def sizes(self) -> dict[str, int]:
        return {"buyers": len(self.touches)}

    def evidence_complete_from(self) -> int:
        return max(0, self.stream_time - WINDOW_MS - _EVICTED_EVERY_MS)

    def evict(self) -> None:
        if self.stream_time < self._evicted_at + _EVICTED_EVERY_MS:
            return
        self._evicted_at, first = self.stream_time, str(self.stream_time - WINDOW_MS)
        self.touches = {buyer_id: touch for buyer_id, touch in self.touches.items() if touch >= first}


class _Join:
    """The join of one task; see ``Work``."""

    is_sweeping = False

    def __init__(self, partitions: int) -> None:
        self.unit = UnitOfWork()
        self.decoder: BatchDecoder = _Decoder()
        self._tables = _Tables()
        self.clock: Clock = self._tables
        self.sizes = self._tables.sizes
        self._partitions = partitions

    def sweep(self) -> None: ...

    def flush(self) -> None: ...

    def trim(self) -> None:
        self._tables.evict()

    def steps(self, task: TaskCheckpoint | None, beginnings: Mapping[str, int]) -> list[Step]:
        start = {**beginnings, **(task.positions[_STEP] if task else {})}
        return [Step(_STEP, _STEP, StepInputs(INPUTS, (), self._partitions, start, {}), self._process)]

    async def restore(
        self,
        restoration: Restoration,
        _offset_index: OffsetIndex,
        now: TaskCheckpoint,
        _before: TaskCheckpoint | None,
        _save: Callable[[], None],
    ) -> None:
        for topic in (CLICKS, ENTRIES):
            stop = now.positions[_STEP][topic]
            start = await restoration.start_of(topic, self._tables.evidence_complete_from(), stop)
            async for fetched in restoration.span(topic, start, stop):
                self._join(map(_EVENT, self.decoder.decode(topic, restoration.partition, fetched)))

    def _process(self, records: Sequence[Record]) -> int:
        self._join(map(_EVENT, records))
        self._tables.stream_time = max(self._tables.stream_time, records[-1].timestamp)
        return len(records)

    def _join(self, events: Iterable[Click | Order]) -> None:
        touches = self._tables.touches
        latest = touches.get
        for event in events:
            if isinstance(event, Order):
                self._decide(event)
            elif event.link_id is not None:
                touch = f"{event.ts}\0{event.event_id}\0{event.link_id}\0{event.promoter_id}"
                buyer_id = event.buyer_id
                if touch > latest(buyer_id, _NO_TOUCH):
                    touches[buyer_id] = touch

    def _decide(self, order: Order) -> None:
        link_id, promoter_id, commission = None, None, 0
        touch = self._tables.touches.get(order.buyer_id, _NO_TOUCH)
        if str(order.ts - WINDOW_MS) <= touch < str(order.ts + 1):
            _, _, link_id, promoter_id = touch.split("\0")
            commission = order.amount * RATE_PPM // 1_000_000
        decided = Commission(order.order_id, order.buyer_id, link_id, promoter_id, order.amount, commission)
        self.unit.outputs[COMMISSIONS].append(OutputRecord(order.order_id, _ENCODE(decided)))


class JoinJob:
    """The topics of the join; see ``Job``."""

    def __init__(self) -> None:
        self.agents: Mapping[str, Sequence[str]] = {_STEP: INPUTS}
        self.direct: Sequence[str] = INPUTS
        self.repartition_topics: Sequence[str] = ()
        self.global_topics: Sequence[str] = ()
        self.outputs: Sequence[str] = (COMMISSIONS,)
        self.retention_needed_ms: Mapping[str, int] = {}
        self.unlogged: Sequence[str] = ()
        self.main_step = _STEP
        self.latency_topic = ORDERS
        self.state_version = StateVersion(1, 1, "bench")

    def open_work(self, _partition: int, partitions: int, _store: WriteBuffer) -> Work:
        return _Join(partitions)
