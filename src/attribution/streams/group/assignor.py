"""The task assignor: it is sticky, and a worker gets the same partition numbers of every topic."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from struct import Struct
from typing import Any, Final, NamedTuple, TypeAlias

from attribution.streams.clients.aiokafka_internals import (
    Assignor,
    MemberAssignment,
    MemberMetadata,
    RangeAssignor,
    generation_of,
    send_whole_joins,
)
from attribution.streams.clients.consumer import PromptConsumer

_VERSION: Final = 0
_HEAD: Final = Struct(">Bi")
_TASK: Final = Struct(">i")
_FORMAT: Final = 1


class Claim(NamedTuple):
    """The tasks that a member had last, and the group's generation in which it got them.

    >>> Claim.decode(Claim(7, frozenset({0, 3})).encode())
    Claim(generation=7, tasks=frozenset({0, 3}))
    >>> Claim.decode(b"something else").tasks
    frozenset()
    """

    generation: int
    tasks: frozenset[int]

    def encode(self) -> bytes:
        """Return the claim as the user data of a member."""
        return _HEAD.pack(_FORMAT, self.generation) + b"".join(map(_TASK.pack, sorted(self.tasks)))

    @classmethod
    def decode(cls, user_data: bytes | None) -> "Claim":
        """Return the claim in a member's user data, or an empty one if it cannot be read."""
        head, tasks = (user_data or b"")[: _HEAD.size], (user_data or b"")[_HEAD.size :]
        if len(head) < _HEAD.size or head[0] != _FORMAT or len(tasks) % _TASK.size:
            return _NO_CLAIM
        return cls(_HEAD.unpack(head)[1], frozenset(task for (task,) in _TASK.iter_unpack(tasks)))


_NO_CLAIM: Final = Claim(-1, frozenset())

Shares: TypeAlias = dict[str, set[int]]
"""By member, its tasks."""


def share_out(tasks: Iterable[int], claims: Mapping[str, Claim]) -> Shares:
    """Assign every task to one member: as evenly as possible, then with as few moves as possible.

    If two members claim a task, the newer generation wins. If the generations are equal, the first member by
    name wins.

    >>> share_out(range(4), {"a": Claim(1, frozenset({0, 1, 2, 3})), "b": Claim(-1, frozenset())})
    {'a': {0, 1}, 'b': {2, 3}}
    """
    wanted = set(tasks)
    shares = _owned(wanted, claims)
    if not shares:
        return shares
    _give_up_what_is_too_much(shares, *divmod(len(wanted), len(shares)))
    for task in sorted(wanted.difference(*shares.values())):
        shares[min(shares, key=lambda member: (len(shares[member]), member))].add(task)
    return shares


def _owned(tasks: set[int], claims: Mapping[str, Claim]) -> Shares:
    shares: Shares = {member: set() for member in claims}
    free = set(tasks)
    for member in sorted(shares, key=lambda member: (-claims[member].generation, member)):
        shares[member] = free & claims[member].tasks
        free -= shares[member]
    return shares


def _give_up_what_is_too_much(shares: Shares, least: int, larger: int) -> None:
    """Cut each member to ``least`` tasks; up to ``larger`` members may keep one more."""
    for member in sorted(shares):
        most = least + (larger > 0)
        larger -= len(shares[member]) > least
        shares[member] = set(sorted(shares[member])[:most])


class TaskAssignor(Assignor):  # type: ignore[misc]  # aiokafka has no types
    """Assigns tasks to members; an instance belongs to one member and knows its current tasks.

    ``generation`` returns the group's generation at the time of an assignment.
    """

    name = "attribution-tasks"

    def __init__(self, generation: Callable[[], int]) -> None:
        self._generation = generation
        self._claim = _NO_CLAIM

    def metadata(self, topics: Iterable[str]) -> MemberMetadata:
        """Return what this member joins with: its topics and its claim."""
        return MemberMetadata(_VERSION, sorted(topics), self._claim.encode())

    def on_assignment(self, assignment: MemberAssignment) -> None:
        """Record the tasks that this member has now."""
        tasks = frozenset(tp.partition for tp in assignment.partitions())
        self._claim = Claim(self._generation(), tasks)

    def assign(self, cluster: Any, members: Mapping[str, MemberMetadata]) -> dict[str, MemberAssignment]:
        """Assign the partition numbers of all topics; a member gets its numbers of each topic it reads."""
        topics = {topic for one in members.values() for topic in one.subscription}
        partitions = {topic: cluster.partitions_for_topic(topic) or set() for topic in topics}
        claims = {name: Claim.decode(one.user_data) for name, one in members.items() if one.subscription}
        shares: Mapping[str, set[int]] = defaultdict(
            set, share_out(set().union(*partitions.values()), claims)
        )
        return {
            name: MemberAssignment(_VERSION, list(_places(one.subscription, partitions, shares[name])), b"")
            for name, one in members.items()
        }


def _places(
    topics: Iterable[str], partitions: Mapping[str, set[int]], share: set[int]
) -> Iterator[tuple[str, list[int]]]:
    for topic in sorted(set(topics)):
        if given := sorted(partitions[topic] & share):
            yield topic, given


class _RangeAssignor(RangeAssignor):  # type: ignore[misc]
    """For a group with workers that support no other; its assignments count as claims once they are gone."""

    def __init__(self, note: Callable[[MemberAssignment], None]) -> None:
        self.on_assignment = note


class GroupConsumer(PromptConsumer):
    """A group member that offers the task assignor, and ``range`` for members that support no other."""

    def __init__(self, **options: Any) -> None:
        assignor = TaskAssignor(lambda: generation_of(self))
        self._offered = (assignor, _RangeAssignor(assignor.on_assignment))
        super().__init__(**options, partition_assignment_strategy=self._offered)

    async def start(self) -> None:
        """Connect; the first subscription joins the group."""
        await super().start()
        send_whole_joins(self, len(self._offered))
