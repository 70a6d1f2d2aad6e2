"""A test's numbers in tables: proportions as percentages, their changes in percentage points, all else in its unit."""

from __future__ import annotations

from workbench.wording import in_unit, interval, number, percent


def level_text(value: float, unit: str) -> str:
    """A metric's level.

    >>> level_text(0.0537, "%"), level_text(12.5, "EUR")
    ('5.37%', '€12.50')
    """
    return percent(value, 2) if unit == "%" else in_unit(value, unit)


def change_text(value: float, unit: str) -> str:
    """A change of a level.

    >>> change_text(0.0049, "%"), change_text(-3, "orders")
    ('0.49 points', '−3 orders')
    """
    return f"{number(100 * value, 2)} points" if unit == "%" else in_unit(value, unit)


def bounds_text(lower: float, upper: float, unit: str) -> str:
    """The interval of a change.

    >>> bounds_text(-0.001, 0.0049, "%")
    '−0.1 to 0.49'
    """
    if unit == "%":
        return f"{number(100 * lower, 2)} to {number(100 * upper, 2)}"
    return interval(lower, upper, unit)
