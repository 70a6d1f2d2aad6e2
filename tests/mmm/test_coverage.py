"""Coverage of the 90% intervals over businesses of known truth; `benchmarks/media_mix_coverage.py` runs the same at length."""

from __future__ import annotations

import pytest
from scipy import stats

from tests.mmm.businesses import CHANNELS, KINDS, business
from tests.mmm.coverage_study import Coverage, judge, summarise

pytestmark = pytest.mark.slow
FALSE_ALARM = 0.001
MANY, SOME, FEW = 16, 8, 4


def study(name: str, fits: int) -> Coverage:
    kind = next(kind for kind in KINDS if kind.name == name)
    return summarise(name, [judge(business(kind, seed), kind, seed) for seed in range(fits)])


@pytest.mark.parametrize(("name", "worlds"), [("as the model has it in mind", MANY), ("surprises last", SOME)])
def test_intervals_hold_the_truth_as_often_as_they_say(name, worlds):
    found = study(name, worlds)
    values = worlds * CHANNELS
    hits = round(found.roas * values)
    assert stats.binomtest(hits, values, 0.9).pvalue > FALSE_ALARM
    assert 0.82 <= found.contribution <= 0.98
    assert abs(found.bias) < 0.15
    for check in ("spend_follows_demand", "residual_autocorrelation", "predictive_coverage"):
        assert found.failed.get(check, 0) <= 0.13


def test_a_carry_over_of_another_form_is_seen_in_the_residuals_or_in_how_little_was_learnt():
    found = study("effect peaks weeks later (Weibull)", FEW)
    assert found.warned >= 0.5


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("surprises last, and may not in the fit", "residual_autocorrelation"),
        ("heavy-tailed surprises", "predictive_coverage"),
    ],
)
def test_what_breaks_the_intervals_is_named(name, check):
    assert study(name, FEW).failed.get(check, 0) >= 0.5
