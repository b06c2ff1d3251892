"""The components of an order's ledger, in the order in which one fact's postings come (contract, section 4).

A new one is a function in a module of its own, and its name in ``COMPONENTS``. Not implemented yet: incentives
and the penalty.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from attribution.domain.commissions.commission import COMMISSION, Basis, expected_commission
from attribution.domain.commissions.state import Balances

Expected: TypeAlias = tuple[str, Balances]
"""The name of a component, which is unique within a subject, and what its ledger should say."""
Component: TypeAlias = Callable[[Basis], Iterable[Expected]]
"""Derives what is expected. There may be several, such as one for each incentive of a policy, or none."""


def _commission(basis: Basis) -> list[Expected]:
    return [(COMMISSION, expected_commission(basis))]


COMPONENTS: Final[tuple[Component, ...]] = (_commission,)


def expected_balances(basis: Basis) -> list[Expected]:
    """Derive the expected balances of an order by component."""
    return [expected for component in COMPONENTS for expected in component(basis)]
