"""The promise of a plan against its truth over many simulated worlds: choosing by noisy effects must not inflate it."""

import numpy as np
import pytest
from next_action.shops import make_shop

WORLDS = 30
KINDS = [
    ("all alike", {"actions": 6}),
    ("nothing works", {"actions": 6}),
    ("worth its cost", {}),
    ("weak", {}),
    ("weak", {"strata": True, "budget": 0.2}),
    ("strong", {}),
    ("strong together", {}),
]


def z_of(shop, total) -> float:
    error = (total.upper - total.lower) / (2 * 1.959964)
    return ((total.upper + total.lower) / 2 - shop.truth) / error


@pytest.fixture(scope="module")
def shops():
    made = [[make_shop(seed, kind, **more) for seed in range(WORLDS)] for kind, more in KINDS]
    return [[shop for shop in each if shop.naive.contacts] for each in made]


@pytest.mark.slow
def test_intervals_of_plans_hold_their_truth_as_often_as_promised(shops):
    z = np.array([z_of(shop, shop.honest) for each in shops for shop in each])
    assert len(z) > 140
    assert 0.92 <= (np.abs(z) <= 1.96).mean() <= 0.995
    assert 0.86 <= (np.abs(z) <= 1.645).mean() <= 0.98
    for each in shops:
        assert np.mean([abs(z_of(shop, shop.honest)) <= 1.96 for shop in each]) >= 0.84


@pytest.mark.slow
def test_the_best_of_six_actions_that_do_the_same_is_not_promised_more(shops):
    """What it was chosen by promises too much by more than one standard error; held-out contacts don't."""
    alike = shops[0]
    assert np.mean([z_of(shop, shop.naive) for shop in alike]) > 1
    assert abs(np.mean([z_of(shop, shop.honest) for shop in alike])) < 0.45


@pytest.mark.slow
def test_effects_of_a_draw_whose_chances_differ_by_stratum_are_covered(shops):
    drawn = shops[4]
    inside = [
        abs(uplift.average - shop.uplift_truth[name]) <= 1.96 * uplift.average_error
        for shop in drawn
        for name, uplift in shop.uplifts.items()
    ]
    assert 0.89 <= np.mean(inside) <= 0.995
