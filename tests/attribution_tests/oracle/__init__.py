"""The oracle: computes the final decision and ledger of each order from the contract alone.

It is naive on purpose. Of the program it imports only the record types.
"""

from .expectation import Expected, expected
from .histories.generate import arrivals
from .histories.permute import shuffled
from .reading import Arrival

__all__ = ["Arrival", "Expected", "arrivals", "expected", "shuffled"]
