"""The products and their merchants."""

from dataclasses import dataclass
from typing import Final

from attribution.commands.simulate.random_source import RandomSource
from attribution.domain.records.currencies import Currency

MERCHANTS: Final = 40
PRODUCTS: Final = 400
CATEGORIES: Final = ("beauty", "food", "fashion", "home", "books", "electronics")
_USD_MERCHANTS: Final = (7, 27)


@dataclass(frozen=True, slots=True)
class Product:
    """A product. Its price is in the minor unit of its merchant's currency."""

    product_id: str
    merchant_id: str
    category: str
    currency: Currency
    price: int


def merchant_id(number: int) -> str:
    """Return the id of a merchant."""
    return f"m{number:02d}"


def products(rng: RandomSource) -> tuple[Product, ...]:
    """Return all products. Prices lie in 900..25000, so that two pieces cost at most 50000."""
    return tuple(_product(number, rng) for number in range(PRODUCTS))


def _product(number: int, rng: RandomSource) -> Product:
    merchant = number % MERCHANTS
    currency: Currency = "USD" if merchant in _USD_MERCHANTS else "CNY"
    category = CATEGORIES[merchant % len(CATEGORIES)]
    return Product(f"p{number:03d}", merchant_id(merchant), category, currency, rng.between(900, 25_000))
