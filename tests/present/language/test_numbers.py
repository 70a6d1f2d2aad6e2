"""German numbers and dates, held to Babel's where both say the same."""

from datetime import date

import pytest
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from workbench import wording
from workbench.present.language.numbers import GERMAN


@given(st.integers(-(10**9), 10**9))
def test_whole_numbers(value: int):
    assert GERMAN.amounts(wording.count(value)) == format_decimal(value, locale="de").replace("-", wording.MINUS)


@given(st.floats(-99.99, 99.99).map(lambda value: round(value, 2) + 0.0))
def test_amounts_of_money_to_the_cent(value: float):
    theirs = format_currency(value, "EUR", locale="de").replace("-", wording.MINUS)
    assert GERMAN.amounts(wording.money(value, "EUR")) == theirs


@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_days(day: date):
    assert GERMAN.days(f"{day:%Y-%m-%d}") == format_date(day, "dd.MM.yyyy", locale="de")
    assert GERMAN.days(f"{day.day} {day:%b %Y}") == format_date(day, "d. MMM yyyy", locale="de")


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("€1.23m to €2,500.50", "1,23 Mio. € bis 2.500,50 €"),
        ("−$950", "−950 $"),
        ("CHF 8.00", "8,00 CHF"),
        ("€3.4bn and €12k", "3,4 Mrd. € und 12 Tsd. €"),
        ("−5.4% to +3.0%", "−5,4 % bis +3,0 %"),
        ("2.5×", "2,5×"),
        ("2026", "2026"),
        ("B2B", "B2B"),
    ],
)
def test_amounts(english: str, german: str):
    assert GERMAN.amounts(english).replace("\u00a0", " ") == german
