"""The contract recomputed from nothing: what every order's decision and ledger must be in the end.

Written from the contract's text alone, naive on purpose. Imports the wire types and nothing else of the product.
"""

from .expectation import Expected, expected
from .generate import arrivals
from .permute import shuffled
from .reading import Arrival

__all__ = ["Arrival", "Expected", "arrivals", "expected", "shuffled"]
