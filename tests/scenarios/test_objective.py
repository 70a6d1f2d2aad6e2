"""CVaR against its closed form and its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from workbench.errors import SpecError
from workbench.scenarios.objective import RiskDial


@pytest.mark.parametrize("tail", [0.05, 0.1, 0.5])
def test_cvar_of_a_normal_is_its_closed_form(tail):
    """CVaR = μ - σ·φ(Φ⁻¹(α)) / α."""
    outcomes = norm.ppf((np.arange(200_000) + 0.5) / 200_000, loc=5.0, scale=2.0)
    expected = 5.0 - 2.0 * norm.pdf(norm.ppf(tail)) / tail
    assert RiskDial(1.0, tail).value(outcomes) == pytest.approx(expected, abs=2e-3)


def test_the_dial_mixes_mean_and_tail():
    outcomes = np.arange(10.0)
    assert RiskDial(0.0).value(outcomes) == pytest.approx(4.5)
    assert RiskDial(1.0, tail=0.25).value(outcomes) == pytest.approx((0 + 1 + 0.5 * 2) / 2.5)
    assert RiskDial(0.5, tail=0.2).value(outcomes) == pytest.approx(0.5 * 4.5 + 0.5 * 0.5)


@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1, max_size=60),
    st.floats(0, 1),
    st.floats(0.01, 1),
)
def test_weights_of_one_plan_bound_every_other_plan(pairs, risk, tail):
    one, other = np.array(pairs).T
    dial = RiskDial(risk, tail)
    weights = dial.weights(one)
    assert weights.sum() == pytest.approx(1.0)
    assert weights.min() >= -1e-12
    assert dial.value(other) <= weights @ other + 1e-6


@pytest.mark.parametrize(("risk", "tail"), [(-0.1, 0.1), (1.1, 0.1), (float("nan"), 0.1), (0.5, 0.0), (0.5, 1.5)])
def test_a_dial_beyond_its_scale_is_refused(risk, tail):
    with pytest.raises(SpecError, match="risk is|tail is"):
        RiskDial(risk, tail)
