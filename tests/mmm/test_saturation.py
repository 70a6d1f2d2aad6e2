import numpy as np
import pytest

from workbench.mmm.shapes.saturation import saturate, saturation_growth

EXPOSURE = np.linspace(0.05, 6.0, 40)


@pytest.mark.parametrize("form", ["hill", "logistic"])
@pytest.mark.parametrize("half", [0.3, 2.0])
def test_half_of_the_largest_effect_at_the_half_saturation_point(form, half):
    assert saturate(np.array(half), half, 1.7, form) == pytest.approx(0.5)
    assert saturate(np.array(0.0), half, 1.7, form) == 0.0
    assert saturate(np.array(1e9), half, 1.7, form) == pytest.approx(1.0)


def test_hill_is_the_textbook_formula():
    np.testing.assert_allclose(saturate(EXPOSURE, 2.0, 1.5, "hill"), EXPOSURE**1.5 / (EXPOSURE**1.5 + 2.0**1.5))


def test_logistic_is_the_textbook_formula_with_rate_log_3_over_half():
    rate = np.log(3.0) / 2.0
    expected = (1 - np.exp(-rate * EXPOSURE)) / (1 + np.exp(-rate * EXPOSURE))
    np.testing.assert_allclose(saturate(EXPOSURE, 2.0, 1.0, "logistic"), expected)


@pytest.mark.parametrize("form", ["hill", "logistic", "none"])
def test_growth_is_the_derivative_by_log_exposure(form):
    step = 1e-6
    up, down = (saturate(EXPOSURE * np.exp(s), 1.3, 1.4, form) for s in (step, -step))
    np.testing.assert_allclose(saturation_growth(EXPOSURE, 1.3, 1.4, form), (up - down) / (2 * step), rtol=1e-7)
