"""The Bayesian reading beside the verdict: closed forms, agreement with the p-value, and past tests that temper large effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.config import Metric, UserExperiment
from workbench.experiments import ExperimentResult, read_out_users
from workbench.experiments.registry.record import RECORD_COLUMNS
from workbench.experiments.registry.shrinkage import EffectPrior
from workbench.experiments.sequential.fixed_horizon import FixedHorizon
from workbench.experiments.sequential.reading import Reading
from workbench.experiments.users.comparisons import compare_all
from workbench.experiments.users.engine import Moments
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.posteriors import Belief, beliefs
from workbench.result import Provenance

from .conftest import UnitsTable
from .test_verdict import world

FIXED = Reading(
    kind="fixed", critical=1.96, why="At the end.", until="", ended=True, decides=True, boundary=FixedHorizon()
)
VAGUE = EffectPrior(mean=0.0, sd=1e3, tests=50, learnt=True)


def belief(
    control: float,
    treatment: float,
    prior: EffectPrior,
    *,
    higher_is_better: bool = True,
    value: float | None = None,
    cost: float = 0.0,
) -> Belief:
    """Two arms of 10,000 units with a standard deviation of 5."""
    arms = {
        name: Moments(units=10_000, mean={"spend": mean}, covariance={("spend", "spend"): 25.0})
        for name, mean in (("none", control), ("offer", treatment))
    }
    measured = MeasuredTest(
        experiment_id="e",
        counts={"none": 10_000, "offer": 10_000},
        arms=arms,
        segments={},
        daily={},
        quantiles={},
        missing_covariates={},
    )
    metric = Metric(name="spend", role="primary", higher_is_better=higher_is_better, value=value)
    spec = UserExperiment(control="none", metrics=(metric,), cost_per_unit=cost)
    return beliefs(compare_all(measured, spec, FIXED), spec, prior)[0]


def test_without_prior_knowledge_the_probability_is_that_of_the_p_value() -> None:
    found = belief(0.7, 0.85, VAGUE)
    # A control whose own mean is badly known takes nothing from the evidence that there is a difference.
    assert found.posterior.probability_better == pytest.approx(1 - found.effect.p_value / 2, abs=1e-5)
    assert found.posterior.mean == pytest.approx(0.15 / 0.7, rel=1e-4)


def test_the_posterior_is_the_precision_weighted_mean() -> None:
    prior = EffectPrior(mean=0.01, sd=0.02, tests=40, learnt=True)
    found = belief(10.0, 11.0, prior).posterior
    se = np.sqrt(2 * 25 / 10_000) / 10
    weight = 0.02**2 / (0.02**2 + se**2)
    assert found.mean == pytest.approx(weight * 0.1 + (1 - weight) * 0.01)
    assert found.upper - found.mean == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(weight) * se)


def test_less_of_a_bad_thing_is_better() -> None:
    rise, fall = belief(10.0, 10.2, VAGUE, higher_is_better=False), belief(10.0, 9.8, VAGUE, higher_is_better=False)
    assert rise.posterior.probability_better < 0.01
    assert fall.posterior.probability_better > 0.99
    assert rise.posterior.expected_loss == pytest.approx(0.02, rel=0.01)


def test_a_gain_that_doesnt_pay_for_its_cost_is_told_in_money() -> None:
    """Against simulation from the posterior: half of €1 more spend, less 60 cents of cost."""
    prior = EffectPrior(mean=0.0, sd=0.1, tests=40, learnt=True)
    found = belief(10.0, 11.0, prior, value=0.5, cost=0.6)
    assert found.posterior.probability_better > 0.999
    assert found.worth is not None
    spread = (found.posterior.upper - found.posterior.mean) / stats.norm.ppf(0.975)
    gains = 0.5 * 10 * np.random.default_rng(1).normal(found.posterior.mean, spread, size=400_000) - 0.6
    assert found.worth.gain == pytest.approx(gains.mean(), abs=1e-3)
    assert found.worth.probability == pytest.approx((gains > 0).mean(), abs=2e-3)
    assert found.worth.expected_loss == pytest.approx(np.maximum(-gains, 0).mean(), abs=1e-3)


def test_past_tests_temper_a_large_effect_on_page_one(units_table: UnitsTable) -> None:
    rng = np.random.default_rng(9)
    rows = [
        {"experiment_id": f"past{i}", "kind": "users", "verdict": "ship", "newest": True, "higher_is_better": True,
         "relative": rng.normal(0.01, 0.02), "relative_se": 0.01}
        for i in range(40)
    ]  # fmt: skip
    past = pd.DataFrame(rows).reindex(columns=list(RECORD_COLUMNS)).astype({"newest": bool, "higher_is_better": bool})
    alone, informed = (read(units_table, past=known) for known in (None, past))
    first, second = alone.posterior.iloc[0], informed.posterior.iloc[0]
    assert [first.measured, second.measured] == pytest.approx([0.1, 0.1])
    assert (first.past_tests, second.past_tests) == (0, 40)
    assert 0.01 < second.relative < 0.09 < first.relative < 0.1
    assert any("In 40 past tests" in sentence for sentence in informed.findings)
    assert alone.verdict == informed.verdict == "ship"


def read(units_table: UnitsTable, **known: object) -> ExperimentResult:
    spec = UserExperiment(control="none", metrics=(Metric(name="spend", value=1),))
    return read_out_users(
        units_table(world(lift=1.0)),
        "e",
        spec,
        provenance=Provenance(),
        currency="EUR",
        **known,  # type: ignore[arg-type]
    )


def test_no_relative_effect_leaves_no_bayesian_reading(units_table: UnitsTable) -> None:
    frame = world(lift=1.0).assign(spend=lambda f: f.spend - 10)
    spec = UserExperiment(control="none", metrics=(Metric(name="spend", value=1),))
    result = read_out_users(units_table(frame), "e", spec, provenance=Provenance(), currency="EUR")
    assert result.posterior.empty
    assert result.verdict == "ship"
