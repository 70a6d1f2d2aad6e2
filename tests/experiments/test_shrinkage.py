"""What past tests teach: closed forms, meta-analysis as statsmodels does it, and programmes whose true effects are known."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from statsmodels.stats.meta_analysis import combine_effects

from workbench.errors import SpecError
from workbench.experiments.registry.shrinkage import (
    FEWEST_TESTS,
    WEAK_PRIOR,
    EffectPrior,
    learn_prior,
    posterior,
    predictive_moments,
)

PRIOR = EffectPrior(mean=0.02, sd=0.05, tests=40, learnt=True)


def programme(seed: int, tests: int = 40, mean: float = 0.01, sd: float = 0.04) -> tuple[pd.DataFrame, np.ndarray]:
    """Records of tests whose true effects are known, and those effects (positive for better)."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(mean, sd, tests)
    errors = rng.uniform(0.01, 0.08, tests)
    higher = rng.random(tests) < 0.7
    measured = rng.normal(truth, errors)
    records = pd.DataFrame(
        {
            "experiment_id": [f"test{i}" for i in range(tests)],
            "kind": "users",
            "verdict": "inconclusive",
            "relative": np.where(higher, measured, -measured),
            "relative_se": errors,
            "higher_is_better": higher,
        }
    )
    return records, truth


@pytest.mark.parametrize(("effect", "se"), [(0.10, 0.04), (-0.03, 0.01), (0.0, 0.2)])
def test_the_posterior_is_the_normalised_product_of_prior_and_likelihood(effect, se):
    found = posterior(effect, se, PRIOR)

    def density(x):
        return stats.norm.pdf(x, PRIOR.mean, PRIOR.sd) * stats.norm.pdf(effect, x, se)

    def integral(f, lower=-1.0, upper=1.0):
        return integrate.quad(f, lower, upper, points=[0.0, effect], epsabs=1e-13)[0]

    total = integral(density)
    assert found.mean == pytest.approx(integral(lambda x: x * density(x)) / total, abs=1e-8)
    assert found.probability_better == pytest.approx(integral(density, 0.0) / total, abs=1e-8)
    assert found.expected_loss == pytest.approx(integral(lambda x: -x * density(x), upper=0.0) / total, abs=1e-8)
    assert integral(density, found.lower, found.upper) / total == pytest.approx(0.95, abs=1e-8)


def test_a_metric_that_should_fall_is_judged_as_its_mirror_image():
    rise = posterior(0.06, 0.03, PRIOR)
    fall = posterior(-0.06, 0.03, PRIOR, higher_is_better=False)
    assert (fall.mean, fall.lower, fall.upper) == pytest.approx((-rise.mean, -rise.upper, -rise.lower))
    assert (fall.probability_better, fall.expected_loss) == (rise.probability_better, rise.expected_loss)


def test_an_effect_without_noise_is_believed_and_one_without_data_is_not():
    assert posterior(0.3, 0.0, PRIOR).mean == pytest.approx(0.3)
    assert posterior(-0.3, 0.0, PRIOR).expected_loss == pytest.approx(0.3)
    assert posterior(0.3, 1e6, PRIOR).mean == pytest.approx(PRIOR.mean, abs=1e-6)
    with pytest.raises(SpecError, match="can't be negative"):
        posterior(0.3, -0.1, PRIOR)


def test_the_prior_agrees_with_a_random_effects_meta_analysis():
    """With many tests the priors of mean and spread no longer matter: Paule and Mandel's estimates come out."""
    records, truth = programme(seed=3, tests=2000)
    prior = learn_prior(records)
    measured = np.where(records.higher_is_better, records.relative, -records.relative)
    peer = combine_effects(measured, records.relative_se.to_numpy() ** 2, method_re="iterated")
    assert prior.mean == pytest.approx(peer.mean_effect_re, abs=2e-4)
    assert prior.sd == pytest.approx(np.sqrt(peer.tau2), rel=0.02)
    assert prior.sd == pytest.approx(truth.std(), rel=0.05)


def test_shrunken_effects_lie_nearer_the_truth_than_measured_ones():
    """The prior is learnt from 40 tests and judged on 40 others of the same company."""
    raw, shrunken, winners_raw, winners_shrunken = [], [], [], []
    for seed in range(200):
        records, truth = programme(seed, tests=80)
        prior = learn_prior(records.iloc[:40])
        records, truth = records.iloc[40:], truth[40:]
        measured = np.where(records.higher_is_better, records.relative, -records.relative)
        judged = [posterior(*pair, prior).mean for pair in zip(measured, records.relative_se, strict=True)]
        raw.append(np.mean((measured - truth) ** 2))
        shrunken.append(np.mean((judged - truth) ** 2))
        won = measured > 1.96 * records.relative_se
        winners_raw += list((measured - truth)[won])
        winners_shrunken += list((np.array(judged) - truth)[won])
    assert np.mean(shrunken) < 0.6 * np.mean(raw)
    assert np.mean(np.array(shrunken) < np.array(raw)) >= 0.98
    # The winner's curse: measured winners promise a percentage point too much, shrunken ones don't.
    assert np.mean(winners_raw) > 0.01
    assert abs(np.mean(winners_shrunken)) < 0.003


def test_credible_intervals_hold_true_effects_as_often_as_they_say():
    held = []
    for seed in range(100):
        records, truth = programme(seed)
        prior = learn_prior(records)
        measured = np.where(records.higher_is_better, records.relative, -records.relative)
        for effect, se, true in zip(measured, records.relative_se, truth, strict=True):
            found = posterior(effect, se, prior)
            held.append(found.lower <= true <= found.upper)
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_few_tests_leave_the_weak_prior_and_say_so():
    records, _ = programme(seed=1, tests=FEWEST_TESTS)
    assert learn_prior(None) == learn_prior(records.iloc[:0]) == WEAK_PRIOR
    few = learn_prior(records, without="test0")
    assert (few.mean, few.sd, few.tests, few.learnt) == (WEAK_PRIOR.mean, WEAK_PRIOR.sd, FEWEST_TESTS - 1, False)
    assert "It takes 10 past tests of a kind to learn how large their true effects are, and there are 9" in few.told
    assert learn_prior(records).learnt
    assert "In 10 past tests" in learn_prior(records).told


def test_only_settled_tests_of_the_kind_with_a_known_error_teach():
    records, _ = programme(seed=1, tests=20)
    sound = learn_prior(records)
    wild = records.iloc[:5].assign(relative=5.0)
    others = pd.concat(
        [
            wild.assign(kind="geo"),
            wild.assign(verdict="invalid"),
            wild.assign(verdict="keep running"),
            wild.assign(relative=np.nan),
            wild.assign(relative_se=np.nan),
        ]
    )
    assert learn_prior(pd.concat([records, others])) == sound


def test_tests_that_agree_are_never_taken_to_agree_for_ever():
    effects = np.full(12, 0.03)
    _, sd = predictive_moments(effects, np.full(12, 0.02))
    assert 0.005 < sd < 0.03
