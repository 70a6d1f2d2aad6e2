"""Effects of campaigns whose truth is known: recovered, with intervals that hold, and no differences where there are none."""

import numpy as np
import pytest
from next_action.worlds import make_world
from threadpoolctl import threadpool_limits

from workbench.next_action.additive import fit_additive, moments
from workbench.next_action.bins import codes_of, fit_bins
from workbench.next_action.curve import fifths, qini, uplift_curve
from workbench.next_action.uplift import Z, drawn_in, measure_uplift, trial_of


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def measured(world, action="voucher", seed=1):
    trial = trial_of(world.logged, seed=seed)
    return trial, measure_uplift(trial, action, ["test"])


def test_ridge_from_sums_equals_ridge_on_rows():
    rng = np.random.default_rng(0)
    codes, target = rng.integers(0, 3, (500, 2)).astype(np.int8), rng.normal(size=500)
    model = fit_additive(moments(codes, (3, 3), target), (3, 3), penalty=7.0)
    flags = np.hstack([codes[:, [k]] == np.arange(3) for k in range(2)]).astype(float)
    centred = flags - flags.mean(axis=0)
    effects = np.linalg.solve(centred.T @ centred + 7 * np.eye(6), centred.T @ (target - target.mean()))
    np.testing.assert_allclose(model.predict(codes), target.mean() + centred @ effects, atol=1e-6)


def test_who_responds_and_who_is_put_off_are_told_apart():
    world = make_world(1, contacts=12_000)
    trial, uplift = measured(world)
    assert uplift.differs
    found = uplift.predict(trial.codes)
    by_group = [found[world.logged.rows.age == group].mean() for group in ("young", "middle", "old")]
    np.testing.assert_allclose(by_group, [4, 1, -3], atol=0.8)
    order = fifths(trial, uplift)
    assert order.effect.iloc[0] > 3 > 0 > order.effect.iloc[-1]
    assert qini(trial, uplift)[1] > 0


def test_the_average_effect_lies_in_its_interval_in_95_of_100_worlds():
    inside = 0
    for seed in range(100):
        world = make_world(seed, contacts=1500)
        _, uplift = measured(world)
        inside += abs(uplift.average - world.effect.voucher.mean()) <= Z * uplift.average_error
    assert 89 <= inside <= 100


def test_known_probabilities_keep_effects_right_where_outcome_models_are_wrong():
    """Whoever bought lately is contacted more often; nothing but the probabilities says so to the flat outcome models."""
    rng = np.random.default_rng(3)
    errors = []
    for seed in range(40):
        world = make_world(seed, contacts=3000)
        rows = world.logged.rows.drop(columns=["days_since_last", "age"]).copy()
        lately = (world.logged.rows.days_since_last < 50).to_numpy()
        chance = np.where(lately, 0.7, 0.2)
        contacted = rng.random(3000) < chance
        noise = (
            world.logged.rows.outcome
            - world.base
            - world.effect.to_numpy()[
                np.arange(3000), [["none", "voucher", "card"].index(name) for name in rows.action]
            ]
        )
        rows["action"] = np.where(contacted, "voucher", "none")
        rows["probability"] = np.where(contacted, chance, 1 - chance)
        rows["outcome"] = world.base + contacted * world.effect.voucher + noise
        flat = type(world.logged)(rows=rows, evidence=world.logged.evidence, unknown=0, contacts=3000)
        uplift = measure_uplift(trial_of(flat, seed=1), "voucher", ["test"])
        errors.append((uplift.average - world.effect.voucher.mean()) / uplift.average_error)
        assert not uplift.differs
    assert abs(np.mean(errors)) < 4 / np.sqrt(40)


def test_differences_are_claimed_rarely_where_there_are_none():
    claimed = sum(measured(make_world(seed, contacts=1500, same_for_all=True))[1].differs for seed in range(100))
    assert claimed <= 9


def test_the_slope_is_drawn_towards_the_average_as_far_as_chance_explains_it():
    """It errs less than a test that takes all or nothing where effects differ, and less than the slope itself where they don't."""
    noise = np.random.default_rng(0).normal(size=4000)

    def error(estimate, truth):
        return ((estimate - truth) ** 2).mean()

    for truth in (0.0, 2.0, 3.0):
        found = truth + noise
        drawn = np.array([drawn_in(slope, 1.0) for slope in found])
        other = found if truth == 0 else np.where(found > Z, found, 0.0)
        assert error(drawn, truth) < error(other, truth)
    assert drawn_in(0.9, 1.0) == drawn_in(-3.0, 1.0) == 0.0


def test_without_any_sign_of_differences_everyone_gets_the_average():
    found = (measured(make_world(seed, contacts=1500, same_for_all=True)) for seed in range(20))
    trial, uplift = next((trial, uplift) for trial, uplift in found if uplift.slope_found <= uplift.slope_error)
    np.testing.assert_array_equal(uplift.predict(trial.codes), uplift.average)


def test_a_curve_ends_at_the_average_and_at_random_lies_below_a_good_ranking():
    trial, uplift = measured(make_world(2, contacts=12_000))
    curve = uplift_curve(trial, uplift)
    assert curve.gain.iloc[-1] == pytest.approx(uplift.average)
    assert curve.gain.iloc[0] == curve.lower.iloc[0] == 0
    middle = curve.iloc[len(curve) // 3]
    assert middle.lower > middle.random


def test_bins_say_what_they_hold():
    rows = make_world(0, contacts=2000).logged.rows.assign(orders_28=np.arange(2000) % 4)
    bins = fit_bins(rows, ["orders_28", "age"])
    assert bins[0].words() == tuple(f"orders in 4 weeks: {word}" for word in ("0", "1", "2", "3 or more", "unknown"))
    words = np.array(bins[1].words())[codes_of(rows, bins)[:, 1]]
    np.testing.assert_array_equal(words, "age: " + rows.age.to_numpy(dtype=object))
