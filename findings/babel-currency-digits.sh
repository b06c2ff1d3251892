#!/usr/bin/env bash
# Babel's number of decimals for a currency is not the ISO 4217 one.
#
# Versions:   babel 2.19.0; iso4217 1.16.20260101, which carries ISO's own table of 2026-01-01.
# Guess:      get_currency_precision("HUF") is the ISO 4217 minor unit, so an integer amount in minor units
#             divided by 10 ** precision is the amount to show.
# Behaviour:  Babel takes the number from Unicode's CLDR, which records how many decimals people write. Where
#             nobody pays in the small unit CLDR says 0 and ISO still says 2 (3 for the Iraqi dinar). The docstring does
#             not name the source.
# Effect:     with amounts in ISO minor units, that division shows 100 times too much, 1000 times for IQD.
#             Dividing by ISO's number instead gives the right amount, but format_currency() then rounds it to
#             CLDR's decimals. currency_digits=False is no cure: it gives every currency the two decimals of the
#             locale's pattern, JPY too. What works is a pattern with ISO's decimals and currency_digits=False.
# Seen:       165 current codes with a minor unit in ISO; 150 agree, 15 differ, Babel says 0 for each:
#             AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK SOS SYP YER.
#             JPY, KRW (0) and KWD, BHD (3) agree, so a test with only those and EUR or USD does not notice.
#
# Needs bash, Python 3.9 or newer with venv, and pip's index. Exit code 0: as described. 1: it changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    babel==2.19.0 iso4217==1.16.20260101

"$work/venv/bin/python" - <<'PYTHON'
import sys
from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision
from iso4217 import Currency

EXPECTED = "AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK SOS SYP YER".split()
MINOR = 1234567

iso = {c.code: c.exponent for c in Currency if c.exponent is not None}
differ = sorted(code for code in iso if get_currency_precision(code) != iso[code])


def shown(code):
    """What the usual code shows for MINOR minor units."""
    return format_currency(Decimal(MINOR).scaleb(-get_currency_precision(code)), code, locale="en_US")


print(f"{MINOR} minor units of each currency; EUR, JPY, KWD for comparison\n")
print(f"{'code':<5}{'ISO':>4}{'babel':>7}{'right amount':>15}{'shown':>20}{'too large':>11}")
for code in ["EUR", "JPY", "KWD", *differ]:
    digits, precision = iso[code], get_currency_precision(code)
    right = f"{Decimal(MINOR).scaleb(-digits):,f}"
    factor = 10 ** (digits - precision)
    text = shown(code).replace("\xa0", " ")
    print(f"{code:<5}{digits:>4}{precision:>7}{right:>15}{text:>20}{'x ' + str(factor) if factor != 1 else '-':>11}")

rounded = format_currency(Decimal("12345.67"), "HUF", locale="en_US")
print(f"\nright HUF amount 12345.67 given to format_currency(): {rounded}")
print(f"{len(iso)} currencies with an ISO minor unit, {len(iso) - len(differ)} agree, {len(differ)} differ")

checks = {
    "the number of ISO currencies": len(iso) == 165,
    "the currencies that differ": differ == EXPECTED,
    "Babel says 0 for each of them": all(get_currency_precision(code) == 0 for code in differ),
    "ISO says 3 for IQD, 2 for the others": all(iso[code] == (3 if code == "IQD" else 2) for code in differ),
    "EUR, JPY, KWD agree": all(get_currency_precision(c) == n == iso[c] for c, n in [("EUR", 2), ("JPY", 0), ("KWD", 3)]),
    "HUF is shown 100 times too large": shown("HUF").replace("\xa0", "") == "HUF1,234,567",
    "the right HUF amount loses its decimals": rounded.replace("\xa0", "") == "HUF12,346",
}
changed = [name for name, held in checks.items() if not held]
for name in changed:
    print(f"CHANGED: {name}", file=sys.stderr)
sys.exit(1 if changed else 0)
PYTHON
