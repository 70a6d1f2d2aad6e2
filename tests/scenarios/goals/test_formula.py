"""Formulas against Python's own arithmetic."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import SpecError
from workbench.scenarios.goals.formula import parse

NAMES = {"a": 2.5, "b": -3.0, "c": 0.0, "spend": 1e6}


@st.composite
def formulas(draw, depth=4):
    kind = draw(st.integers(0, 4 if depth else 1))
    match kind:
        case 0:
            return draw(st.sampled_from(sorted(NAMES)))
        case 1:
            return repr(draw(st.floats(0, 1e6) | st.integers(0, 10**6)))
        case 2:
            return f"{draw(st.sampled_from('+-'))}{draw(formulas(depth=depth - 1))}"
        case 3:
            return f"({draw(formulas(depth=depth - 1))})"
    left, right = draw(formulas(depth=depth - 1)), draw(formulas(depth=depth - 1))
    return f"{left} {draw(st.sampled_from('+-*/'))} {right}"


@settings(max_examples=300, deadline=None)
@given(formulas())
def test_a_formula_is_pythons_own_arithmetic(text):
    try:
        expected = float(eval(text, {"__builtins__": {}}, NAMES))
    except ZeroDivisionError:
        expected = math.nan
    if not math.isfinite(expected):
        expected = math.nan
    np.testing.assert_allclose(parse(text)(NAMES), expected, rtol=1e-12)


def test_draws_go_through_one_by_one_and_a_division_by_zero_has_no_value():
    draws = parse("(x - y) / y")({"x": np.array([3.0, 4.0, 5.0]), "y": np.array([1.0, 0.0, 2.0])})
    np.testing.assert_allclose(draws, [2.0, np.nan, 1.5])


def test_names_are_told_once_in_order():
    assert parse("(b - a) / a + -b").names == ("b", "a")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("spend /", "can't be read near 'spend /'"),
        ("spend $ orders", "can't be read near"),
        ("spend ** 2", "'spend ** 2', which is not arithmetic"),
        ("spend ^ 2", "is not arithmetic"),
        ("spend // 2", "is not arithmetic"),
        ("spend % 2", "is not arithmetic"),
        ("__import__('os').system('x')", "is not arithmetic"),
        ("max(a, b)", "'max(a, b)', which is not arithmetic"),
        ("a.b", "'a.b'"),
        ("a[0]", "'a[0]'"),
        ("a if b else c", "is not arithmetic"),
        ("a < b", "'a < b'"),
        ("a and b", "is not arithmetic"),
        ("not a", "is not arithmetic"),
        ("~a", "'~a'"),
        ("lambda: a", "is not arithmetic"),
        ("[a for a in b]", "is not arithmetic"),
        ("(a := 3)", "is not arithmetic"),
        ("'text'", "\"'text'\""),
        ("True", "'True'"),
        ("2j", "'2j'"),
        ("1e400", "is not arithmetic"),
        ("a; b", "can't be read"),
        ("a = b", "can't be read"),
        ("-" * 400 + "a", ""),
        ("(" * 240 + "a" + ")" * 240, "can't be read"),
        ("a + " * 200 + "a", "801 characters"),
    ],
)
def test_whatever_isnt_arithmetic_is_refused_by_a_sentence(text, told):
    if not told:
        assert parse(text)({"a": 1.0}) == 1.0
        return
    with pytest.raises(SpecError) as raised:
        parse(text)
    assert told in str(raised.value)
