"""The processor of one task. Records pass between its steps through repartition topics, under a new key."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from attribution.domain.ingest.refusal import Refusal, RefusedError
from attribution.domain.records.reference import Policy
from attribution.domain.steps.messages import Message
from attribution.domain.steps.topology import ATTRIBUTE, Repartition
from attribution.engine.record import Record
from attribution.engine.stores.store import Store
from attribution.engine.unit_of_work import OutputRecord
from attribution.hosts.kafka.repartition import Rekeyed, rekeyed
from attribution.hosts.kafka.task_topology import TaskStep
from attribution.processor.bound_step import Handler
from attribution.processor.persistence import Limits, Persistence
from attribution.processor.processor import Processor
from attribution.streams.flow.watermark import encode

Process = Callable[[Sequence[Record]], int]
"""Processes records; returns how many."""


class TaskProcessor(Processor):
    """The steps for one partition. Only the attribute step keeps the time and sweeps."""

    def __init__(
        self, partition: int, store: Store, default_policy: Policy, limits: Limits, persistence: Persistence
    ) -> None:
        super().__init__(store, default_policy, limits, persistence, partition)
        self._handlers = {topic: (handler,) for topic, handler in self.steps[ATTRIBUTE.name].handlers.items()}
        self._read_whole = frozenset(self.topology.whole)

    def process_of(self, step: TaskStep) -> Process:
        """Return what a step does with its records."""
        if step.routes is not None:
            return self._each({step.routes.source: self._routed(step.routes)})
        if step.shape is None:
            return self._rekey
        return (
            self.process if step.shape.name == ATTRIBUTE.name else self._each(self.steps[step.name].handlers)
        )

    def forward(self, repartition: Repartition, message: Message) -> None:
        """Write a message to its repartition topic."""
        self._write(repartition.topic, message.key, message)

    def refuse(self, record: Record, refusal: Refusal) -> None:
        """Write a dead letter. For a global topic only task 0 does."""
        if record.topic not in self._read_whole or self.task == 0:
            super().refuse(record, refusal)

    def _each(self, handlers: Mapping[str, Handler]) -> Process:
        """Return a function that passes each record to the handler of its topic."""

        def process(records: Sequence[Record]) -> int:
            for record in records:
                if isinstance(record.event, Refusal):
                    continue  # the attribute step reads every input topic, and refuses it
                try:
                    handlers[record.topic](record)
                except RefusedError as error:
                    self.refuse(record, error.refusal)
            return len(records)

        return process

    def _rekey(self, records: Sequence[Record]) -> int:
        """Repartition the records of an input topic by buyer_id, or by click_id if they name no buyer."""
        for record in records:
            if isinstance(record.event, Refusal):
                self.refuse(record, record.event)
                continue
            key = record.event.buyer_id or record.event.click_id
            own_key = None if record.key is None else record.key.encode()
            moved = Rekeyed(self.task, record.offset, record.timestamp, own_key, record.value)
            self._write(rekeyed(record.topic), key, moved)
        return len(records)

    def _write(self, topic: str, key: str, content: msgspec.Struct) -> None:
        self.unit.outputs[topic].append(OutputRecord(key, encode(content)))
