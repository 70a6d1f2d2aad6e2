"""Values of known rules, told from contacts that another rule drew at random."""

import numpy as np
import pandas as pd
import pytest

from workbench.next_action import evaluate_policy


def draws(seed: int, size: int = 3000):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=size)
    mean = np.column_stack([np.full(size, 5.0), 5 + x, 5 - x])
    chance = np.column_stack([0.5 + 0.2 * (x > 0), 0.3 - 0.1 * (x > 0), 0.2 - 0.1 * (x > 0)])
    taken = (rng.random((size, 1)) > chance.cumsum(axis=1)).sum(axis=1)
    rows = np.arange(size)
    logged = pd.DataFrame(
        {
            "action": taken,
            "probability": chance[rows, taken],
            "outcome": mean[rows, taken] + rng.normal(0, 3, size),
            "unit": rows,
        }
    )
    best = (mean.argmax(axis=1)[:, None] == np.arange(3)).astype(float)
    return logged, best, mean


def test_all_estimators_cover_the_true_value_in_95_of_100_worlds():
    truth = 5 + np.sqrt(2 / np.pi)  # E max(x, −x)
    inside = dict.fromkeys(("ips", "snips", "dr"), 0)
    for seed in range(200):
        logged, best, mean = draws(seed)
        # A model that is wrong everywhere costs precision, not truth.
        found = evaluate_policy(logged, best, np.full_like(mean, 4.0))
        for name in inside:
            error = getattr(found, f"{name}_error")
            inside[name] += abs(getattr(found, name) - truth) <= 1.96 * error
    assert all(180 <= count <= 199 for count in inside.values()), inside


def test_a_good_model_makes_it_sharper_than_weights():
    logged, best, mean = draws(1)
    found = evaluate_policy(logged, best, mean)
    assert found.dr_error < 0.6 * found.ips_error


def test_the_rule_that_was_drawn_is_worth_what_came():
    logged, _, mean = draws(2)
    drawn = np.zeros((len(logged), 3))
    drawn[np.arange(len(logged)), logged.action] = logged.probability
    found = evaluate_policy(logged, drawn, 0 * mean)
    assert found.ips == pytest.approx(logged.outcome.mean())
    assert found.effective == pytest.approx(len(logged))


def test_too_few_agreeing_draws_are_refused_with_a_sentence():
    logged, best, mean = draws(3, size=150)
    found = evaluate_policy(logged, best, mean)
    assert np.isnan(found.dr)
    assert "it takes 100" in found.refused


def test_an_action_that_was_never_drawn_is_refused():
    logged, _, mean = draws(4)
    policy = np.zeros((len(logged), 4))
    policy[:, 3] = 1
    found = evaluate_policy(logged, policy, np.column_stack([mean, mean[:, 0]]))
    assert found.refused == "the rule takes an action that the draw never took"


@pytest.mark.parametrize("probability", [0.0, np.nan])
def test_a_missing_probability_is_refused(probability):
    logged, best, mean = draws(5)
    logged.loc[7, "probability"] = probability
    assert "record no probability above 0" in evaluate_policy(logged, best, mean).refused
