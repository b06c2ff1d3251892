"""A proxy between a worker and the broker that holds connections, or cuts them at any or certain requests.

It reads only the start of each frame of Kafka's protocol. A request starts with its length (4 bytes), kind
(2), version (2) and correlation id (4). An answer starts with its length and that id.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Collection, Coroutine
from enum import IntEnum
from threading import Thread
from typing import Any, Final, Self

from attribution_tests.kafka_broker.ports import LOOPBACK

_LENGTH_BYTES: Final = 4
_CALL_SECONDS: Final = 10.0


class Request(IntEnum):
    """Kinds of requests by their API keys."""

    PRODUCE = 0
    FETCH = 1
    FIND_COORDINATOR = 10
    JOIN_GROUP = 11
    HEARTBEAT = 12
    INIT_PRODUCER_ID = 22
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28


class Proxy:
    """Relay connections from ``port`` to a broker on this machine; run the event loop in a background thread.

    Attributes:
        cuts: The number of connections that the proxy has cut.
    """

    def __init__(self, port: int, broker_port: int) -> None:
        self.address: Final = f"{LOOPBACK}:{port}"
        self.cuts = 0
        self._port = port
        self._broker_port = broker_port
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name=f"proxy {port}")
        self._is_open = True
        self._flowing = asyncio.Event()
        self._refused: frozenset[int] = frozenset()
        self._unanswered: frozenset[int] = frozenset()
        self._writers: set[StreamWriter] = set()
        self._handling: set[asyncio.Task[Any]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._flowing.set()
        self._server = self._call(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Cut all connections and accept new ones."""
        self._call(self._cut())

    def close(self) -> None:
        """Cut all connections, and refuse new ones until ``mend``."""
        self._is_open = False
        self.cut()

    def hold(self) -> None:
        """Relay nothing until ``mend``; connections stay open."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def refuse(self, kinds: Collection[Request]) -> None:
        """Cut a connection before the broker receives a request of these kinds, until ``mend``."""
        self._refused = frozenset(kinds)

    def lose_answers(self, kinds: Collection[Request]) -> None:
        """Cut a connection after the broker has executed a request of these kinds, until ``mend``."""
        self._unanswered = frozenset(kinds)

    def mend(self) -> None:
        """Relay everything again."""
        self._is_open = True
        self._refused = self._unanswered = frozenset()
        self._loop.call_soon_threadsafe(self._flowing.set)

    def _call(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(_CALL_SECONDS)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._connected, LOOPBACK, self._port)

    async def _close(self) -> None:
        self._server.close()
        self._flowing.set()
        await self._cut()
        for handling in self._handling:
            handling.cancel()
        await asyncio.gather(*self._handling, return_exceptions=True)

    async def _cut(self) -> None:
        self.cuts += len(self._writers) // 2
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handling.add(task)
        task.add_done_callback(self._handling.discard)
        if not self._is_open:
            writer.transport.abort()
            return
        try:
            from_broker, to_broker = await asyncio.open_connection(LOOPBACK, self._broker_port)
        except OSError:
            writer.transport.abort()
            return
        await self._relay(reader, writer, from_broker, to_broker)

    async def _relay(
        self, reader: StreamReader, writer: StreamWriter, from_broker: StreamReader, to_broker: StreamWriter
    ) -> None:
        doomed: set[bytes] = set()
        ends = {writer, to_broker}
        self._writers |= ends
        directions = [
            asyncio.create_task(self._requests(reader, to_broker, doomed)),
            asyncio.create_task(self._answers(from_broker, writer, doomed)),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def _requests(self, reader: StreamReader, writer: StreamWriter, doomed: set[bytes]) -> None:
        while (frame := await _frame(reader)) is not None:
            await self._flowing.wait()
            kind = int.from_bytes(frame[4:6], "big")
            if kind in self._refused:
                self.cuts += 1
                return
            if kind in self._unanswered:
                doomed.add(frame[8:12])
            writer.write(frame)
            await writer.drain()

    async def _answers(self, reader: StreamReader, writer: StreamWriter, doomed: set[bytes]) -> None:
        while (frame := await _frame(reader)) is not None:
            await self._flowing.wait()
            if frame[4:8] in doomed:
                self.cuts += 1
                return
            writer.write(frame)
            await writer.drain()


async def _frame(reader: StreamReader) -> bytes | None:
    """Return the next request or answer with its length, or None at the end."""
    try:
        length = await reader.readexactly(_LENGTH_BYTES)
        return length + await reader.readexactly(int.from_bytes(length, "big"))
    except (asyncio.IncompleteReadError, OSError):
        return None
