"""The consumer group: members join, leave and time out; each rebalance assigns the partitions at random."""

import asyncio
import random
from typing import Final

from attribution_tests.deterministic_simulation.kafka.broker import Broker

_LOOKS_EVERY: Final = 0.1
_SESSION_SECONDS: Final = 6.0


class _Member:
    def __init__(self, now: float) -> None:
        self.heard_at = now
        self.joining: asyncio.Future[set[int]] | None = None


class Group:
    """Runs outside of all processes; requests of members take the broker's delays."""

    def __init__(self, broker: Broker, chance: random.Random, partitions: int) -> None:
        self._broker = broker
        self._chance = chance
        self._partitions = partitions
        self._loop = asyncio.get_running_loop()
        self._members: dict[str, _Member] = {}
        self._is_rebalancing = False
        self._began_at = 0.0

    async def join(self, name: str) -> set[int]:
        """Wait for the other members; return the member's partitions."""
        joining: asyncio.Future[set[int]] = self._loop.create_future()

        def serve() -> None:
            member = self._members.setdefault(name, _Member(self._loop.time()))
            member.heard_at, member.joining = self._loop.time(), joining
            self.rebalance()

        await self._broker.ask(serve, may_lose=False)
        return await joining

    async def must_rejoin(self, name: str) -> bool:
        """Send a heartbeat; return whether a rebalance has begun."""

        def serve() -> bool:
            member = self._members.get(name)
            if member is None:
                return True
            member.heard_at = self._loop.time()
            return self._is_rebalancing

        return await self._broker.ask(serve, may_lose=False)

    def leave(self, name: str) -> None:
        if self._members.pop(name, None) is not None:
            self.rebalance()

    def rebalance(self) -> None:
        if not self._is_rebalancing:
            self._is_rebalancing = True
            self._began_at = self._loop.time()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_LOOKS_EVERY)
            now = self._loop.time()
            for name, member in list(self._members.items()):
                if member.joining is None and now > member.heard_at + _SESSION_SECONDS:
                    self.leave(name)
            if self._is_rebalancing:
                self._gather(now)

    def _gather(self, now: float) -> None:
        late = [name for name, member in self._members.items() if member.joining is None]
        if late and now < self._began_at + _SESSION_SECONDS:
            return
        for name in late:
            del self._members[name]
        self._is_rebalancing = False
        if self._members:
            self._share_out(now)

    def _share_out(self, now: float) -> None:
        names = list(self._members)
        shares: dict[str, set[int]] = {name: set() for name in names}
        for partition in range(self._partitions):
            shares[self._chance.choice(names)].add(partition)
        self._broker.trace.record(f"assigned {[(name, sorted(share)) for name, share in shares.items()]}")
        for name, member in self._members.items():
            joining, member.joining, member.heard_at = member.joining, None, now
            if joining is not None:
                self._broker.later(self._broker.delay(), _answer, joining, shares[name])


def _answer(joining: "asyncio.Future[set[int]]", share: set[int]) -> None:
    if not joining.done():
        joining.set_result(share)
