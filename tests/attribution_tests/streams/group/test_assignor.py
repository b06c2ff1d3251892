# mypy: disable-error-code="import-untyped"
"""Task assignment is even, gives the same partitions of every topic, and moves as few tasks as possible."""

from collections.abc import Mapping
from itertools import permutations, product
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.streams.clients.aiokafka_internals import MemberAssignment, MemberMetadata
from attribution.streams.group.assignor import Claim, Shares, TaskAssignor, share_out

TOPICS: Final = ("clicks", "orders")
NOTHING: Final = Claim(-1, frozenset())


class Cluster:
    """The part of the cluster metadata that an assignor reads."""

    def __init__(self, **counts: int) -> None:
        self.counts = counts

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return set(range(self.counts[topic])) if topic in self.counts else None


CLUSTER: Final = Cluster(clicks=4, orders=4)


def joining(user_data: bytes | None = b"", topics: tuple[str, ...] = TOPICS) -> MemberMetadata:
    return MemberMetadata(0, list(topics), user_data)


def assign(
    members: Mapping[str, MemberMetadata], cluster: Cluster = CLUSTER
) -> dict[str, dict[str, list[int]]]:
    assigned = TaskAssignor(lambda: 1).assign(cluster, members)
    decoded = {name: MemberAssignment.decode(one.encode()).assignment for name, one in assigned.items()}
    return {name: dict(places) for name, places in decoded.items()}


def claim(generation: int, *tasks: int) -> Claim:
    return Claim(generation, frozenset(tasks))


any_bytes = st.binary() | st.binary().map(b"\x01".__add__)


@st.composite
def groups(draw: st.DrawFn, members: int = 6, tasks: int = 12) -> tuple[int, dict[str, Claim]]:
    """Generate a number of tasks, and claims: of the latest owners, older ones, and ones on missing tasks."""
    names = "abcdefgh"[: draw(st.integers(1, members))]
    latest = draw(st.lists(st.sampled_from((*names, None)), max_size=tasks))
    claims = {}
    for name in names:
        has = {task for task, owner in enumerate(latest) if owner == name}
        more = draw(st.frozensets(st.integers(0, tasks), max_size=3))
        generation = draw(st.integers(-1, 2))
        claims[name] = Claim(generation, more) if more else Claim(2, frozenset(has))
    return len(latest), claims


def owners(tasks: int, claims: Mapping[str, Claim]) -> dict[int, str]:
    found = {}
    for task in range(tasks):
        claiming = sorted((-one.generation, name) for name, one in claims.items() if task in one.tasks)
        if claiming:
            found[task] = claiming[0][1]
    return found


def moved(owners: Mapping[int, str], now: Mapping[int, str]) -> int:
    return sum(now[task] != owner for task, owner in owners.items())


def by_task(shares: Shares) -> dict[int, str]:
    return {task: name for name, share in shares.items() for task in share}


def is_even(counts: list[int]) -> bool:
    return max(counts) - min(counts) <= 1


@given(groups())
def test_every_task_has_one_member_and_counts_differ_by_at_most_one(
    group: tuple[int, dict[str, Claim]],
) -> None:
    tasks, claims = group
    shares = share_out(range(tasks), claims)
    assert sorted(task for share in shares.values() for task in share) == list(range(tasks))
    assert shares.keys() == claims.keys()
    assert is_even([len(share) for share in shares.values()])


@given(groups(members=3, tasks=6))
def test_no_even_assignment_moves_fewer(group: tuple[int, dict[str, Claim]]) -> None:
    tasks, claims = group
    owned = owners(tasks, claims)
    fewest = min(
        moved(owned, dict(enumerate(chosen)))
        for chosen in product(claims, repeat=tasks)
        if is_even([chosen.count(name) for name in claims])
    )
    assert moved(owned, by_task(share_out(range(tasks), claims))) == fewest


@given(groups())
def test_only_members_with_too_many_tasks_give_some_up(group: tuple[int, dict[str, Claim]]) -> None:
    tasks, claims = group
    owned = owners(tasks, claims)
    shares = share_out(range(tasks), claims)
    for name, share in shares.items():
        had = {task for task, owner in owned.items() if owner == name}
        assert had <= share or (share < had and len(share) >= tasks // len(claims))


@given(groups(), st.data())
def test_the_order_of_members_changes_nothing(
    group: tuple[int, dict[str, Claim]], data: st.DataObject
) -> None:
    tasks, claims = group
    shuffled = dict(data.draw(st.permutations(list(claims.items()))))
    assert share_out(range(tasks), shuffled) == share_out(range(tasks), claims)


def test_the_member_that_keeps_one_more_does_not_depend_on_the_order() -> None:
    claims = {"a": claim(1, 0, 1), "b": claim(1, 2, 3), "c": NOTHING}
    for shuffled in permutations(claims.items()):
        assert share_out(range(4), dict(shuffled)) == {"a": {0, 1}, "b": {2}, "c": {3}}


@given(groups())
def test_an_assignment_is_stable(group: tuple[int, dict[str, Claim]]) -> None:
    tasks, claims = group
    shares = share_out(range(tasks), claims)
    again = {name: Claim(9, frozenset(share)) for name, share in shares.items()}
    assert share_out(range(tasks), again) == shares


@given(st.dictionaries(st.text(), st.none() | any_bytes, min_size=1), st.integers(0, 9))
def test_any_user_data_gives_an_assignment(members: dict[str, bytes | None], partitions: int) -> None:
    cluster = Cluster(clicks=partitions, orders=partitions)
    assigned = assign({name: joining(user_data) for name, user_data in members.items()}, cluster)
    given = sorted(task for places in assigned.values() for task in places.get("clicks", []))
    assert given == list(range(partitions))


@given(any_bytes)
def test_any_bytes_are_a_claim_or_none(user_data: bytes) -> None:
    claim = Claim.decode(user_data)
    assert claim == NOTHING or Claim.decode(claim.encode()) == claim


@pytest.mark.parametrize("size", range(1, 5))
def test_a_truncated_claim_is_none(size: int) -> None:
    assert Claim.decode(claim(3).encode()[:size]) == NOTHING


def test_the_newer_claim_wins_and_of_equal_ones_the_first_by_name() -> None:
    stale, newer = claim(4, 0, 1), claim(5, 1)
    assert share_out(range(2), {"a": stale, "b": newer}) == {"a": {0}, "b": {1}}
    assert share_out(range(2), {"a": newer, "b": stale}) == {"a": {1}, "b": {0}}
    assert share_out(range(3), {"b": newer, "a": newer, "c": claim(5, 2)}) == {"a": {1}, "b": {0}, "c": {2}}


def test_a_member_gets_the_same_partitions_of_every_topic() -> None:
    assigned = assign({"a": joining(claim(1, 3).encode()), "b": joining(None), "c": joining(b"\x01?")})
    assert [places["clicks"] for places in assigned.values()] == [[2, 3], [0], [1]]
    assert all(places["orders"] == places["clicks"] for places in assigned.values())


def test_a_member_gets_no_partitions_of_unread_or_unknown_topics() -> None:
    members = {"a": joining(topics=("clicks", "gone")), "b": joining(), "c": joining(topics=())}
    assigned = assign(members)
    assert assigned == {"a": {"clicks": [0, 2]}, "b": {"clicks": [1, 3], "orders": [1, 3]}, "c": {}}


def test_more_members_than_tasks_leave_some_without_tasks() -> None:
    assigned = assign({name: joining() for name in "abcdef"})
    assert [bool(places) for places in assigned.values()] == [True] * 4 + [False] * 2


def test_a_member_joins_with_its_tasks_and_their_generation() -> None:
    generation = 0
    assignor = TaskAssignor(lambda: generation)
    assert Claim.decode(assignor.metadata(TOPICS).user_data) == NOTHING
    for generation, tasks in ((7, [0, 2]), (8, [])):
        assignor.on_assignment(MemberAssignment(0, [(t, tasks) for t in TOPICS], b""))
        joined = MemberMetadata.decode(assignor.metadata({"orders", "clicks"}).encode())
        assert joined.subscription == ["clicks", "orders"]
        assert Claim.decode(joined.user_data) == claim(generation, *tasks)
