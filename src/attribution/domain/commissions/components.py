"""The components of an order's ledger, in the order in which one fact's postings come (contract, section 4).

A new one is a function in a module of its own, and a row here. Not implemented yet: incentives and the
penalty.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from attribution.domain.commissions.commission import Basis, expected_commission
from attribution.domain.commissions.state import Balances
from attribution.domain.records.outputs import PostingKind


class Component(NamedTuple):
    """A part of a ledger with postings of its own.

    ``name`` is ``commission``, ``penalty``, or the type of an incentive. ``kinds`` are the kinds of a posting
    that adds to it and of one that takes back. Without them a posting is named after its cause.
    """

    name: str
    expected: Callable[[Basis], Balances]
    kinds: tuple[PostingKind, PostingKind] | None = None


COMPONENTS: Final = (Component("commission", expected_commission),)


def expected_balances(basis: Basis) -> Iterator[tuple[Component, Balances]]:
    """Derive the expected balances of each component."""
    return ((component, component.expected(basis)) for component in COMPONENTS)
