"""Numbers as people read them: one rounding rule for every sentence, table and chart."""

from __future__ import annotations

import math

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
DASH = "–"
MINUS = "−"
LEAST_IN_CENTS = 0.095
_MAGNITUDES = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))


def number(value: float, digits: int = 3) -> str:
    """A pure number to `digits` significant figures; a dash where there is none.

    >>> number(0.012345), number(1234567), number(-2.5), number(float("nan"))
    ('0.0123', '1.23m', '−2.5', '–')
    """
    if math.isnan(value):
        return DASH
    sign = MINUS if value < 0 else ""
    return sign + _magnitude(abs(value), digits)


def count(value: float) -> str:
    """A whole number with separators.

    >>> count(1234567.2)
    '1,234,567'
    """
    return DASH if math.isnan(value) else f"{round(value):,}".replace("-", MINUS)


def percent(value: float, digits: int = 1) -> str:
    """A fraction as a percentage.

    >>> percent(0.0543), percent(-0.2), percent(12.5), percent(-0.0001)
    ('5.4%', '−20.0%', '1,250.0%', '0.0%')
    """
    return DASH if math.isnan(value) else f"{100 * value:z,.{digits}f}%".replace("-", MINUS)


def money(value: float, currency: str) -> str:
    """An amount of money, short; below ten cents its first two digits that aren't zero.

    >>> money(1234567, "EUR"), money(-950, "USD"), money(12.5, "EUR"), money(8, "CHF"), money(0.00412, "EUR")
    ('€1.23m', '−$950', '€12.50', 'CHF 8.00', '€0.0041')
    """
    return _money(value, currency, abs(value))


def signed(value: float, currency: str) -> str:
    """A change of an amount of money.

    >>> signed(1200, "EUR"), signed(-3, "USD")
    ('+€1.2k', '−$3.00')
    """
    return f"{'+' if value > 0 else ''}{money(value, currency)}"


def one(currency: str) -> str:
    """One unit of money.

    >>> one("EUR"), one("CHF")
    ('€1', 'CHF 1')
    """
    return f"{_symbol(currency)}1"


def in_unit(value: float, unit: str) -> str:
    """A number in the unit of an estimate: a currency code, `%`, a noun, or nothing.

    >>> in_unit(0.054, "%"), in_unit(1200, "EUR"), in_unit(3, "orders"), in_unit(1.5, "")
    ('5.4%', '€1.2k', '3 orders', '1.5')
    """
    if unit == "%":
        return percent(value)
    if is_currency(unit):
        return money(value, unit)
    return f"{number(value)} {unit}".strip()


def named(name: str) -> str:
    """A name of the configuration as readers say it.

    >>> named("social_uplift"), named("CRM_test_2"), named("Spring sale")
    ('Social uplift', 'CRM test 2', 'Spring sale')
    """
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def interval(lower: float, upper: float, unit: str) -> str:
    """An interval in the unit of its estimate.

    >>> interval(0.01, 0.05, "%"), interval(1e6, 2e6, "EUR"), interval(float("nan"), 1, "")
    ('1.0% to 5.0%', '€1m to €2m', '–')
    >>> interval(0.084, 0.98, "EUR"), interval(0.0012, 0.03, "EUR")
    ('€0.08 to €0.98', '€0.0012 to €0.03')
    """
    if math.isnan(lower) or math.isnan(upper):
        return DASH
    if is_currency(unit):
        largest = max(abs(lower), abs(upper))
        return f"{_money(lower, unit, largest)} to {_money(upper, unit, largest)}"
    return f"{in_unit(lower, unit)} to {in_unit(upper, unit)}"


def _money(value: float, currency: str, largest: float) -> str:
    """To the cent, or to less where even the largest amount beside it is but some cents."""
    if math.isnan(value):
        return DASH
    sign, size = MINUS if value < 0 else "", abs(value)
    cents = size == 0 or (size < 100 and largest >= LEAST_IN_CENTS)
    text = f"{size:.2f}" if cents else _magnitude(size, 3 if size >= 100 else 2)
    return f"{sign}{_symbol(currency)}{text}"


def is_currency(unit: str) -> bool:
    """Whether a unit is an ISO 4217 code."""
    return len(unit) == 3 and unit.isalpha() and unit.isupper()


def _magnitude(size: float, digits: int) -> str:
    for scale, suffix in _MAGNITUDES:
        if float(f"{size:.{digits}g}") >= scale:
            return _plain(size / scale, digits) + suffix
    return _plain(size, digits)


def _plain(size: float, digits: int) -> str:
    if size == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    text = f"{round(size, decimals):,.{min(decimals, 12)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _symbol(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency} ")
