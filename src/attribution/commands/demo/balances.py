"""The balances of the ledger: sums by account, bucket and currency, as in a billing system."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from attribution.domain.records.outputs import Bucket, Posting

_KINDS: Final = ("merchant", "promoter", "creator", "agency", "leader", "buyer", "platform")


class Balance(NamedTuple):
    """The balance of an account by bucket, in minor units."""

    account: str
    currency: str
    buckets: Counter[Bucket]


def balances_of(postings: Iterable[Posting], until: int) -> list[Balance]:
    """Return the balances of all accounts at a time, sorted by kind and name."""
    balances: dict[tuple[str, str], Counter[Bucket]] = {}
    for posting in postings:
        for line in posting.lines if posting.occurred_at <= until else ():
            buckets = balances.setdefault((line.account, posting.currency), Counter())
            buckets[line.bucket] += line.amount
    return [Balance(*owner, balances[owner]) for owner in sorted(balances, key=_place)]


def _place(owner: tuple[str, str]) -> tuple[int, str, str]:
    account, currency = owner
    return _KINDS.index(account.partition(":")[0]), account, currency
