"""Planted groups are found, none are found where there are none, and their words and names hold."""

import numpy as np
import pandas as pd
import pytest

from tests.embedded import in_engine
from workbench.config import Segmentation
from workbench.segments.clusters.explore import Clusters, explore_clusters
from workbench.segments.clusters.features import FEATURES, read_features, standardise
from workbench.segments.clusters.matching import match_labels
from workbench.segments.clusters.stability import judge_candidates
from workbench.segments.clusters.surrogate import explain

CONFIG = Segmentation(clusters=(2, 6))
# purchases, days since the last, revenue of an order, days as a customer: medians of three kinds of customers.
KINDS = np.array([[2, 300, 30, 500], [12, 20, 40, 700], [3, 40, 400, 200]])


def planted(customers: int, seed: int, spread: float = 0.25) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    kind = rng.integers(len(KINDS), size=customers)
    drawn = KINDS[kind] * np.exp(spread * rng.normal(size=(customers, 4)))
    purchases = np.maximum(np.round(drawn[:, 0]), 1).astype(int)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(customers)],
            "frequency": purchases - 1,
            "days_since_last": drawn[:, 1].round().astype(int),
            "revenue": purchases * drawn[:, 2],
            "orders": purchases,
            "age_days": drawn[:, 3].round().astype(int),
            "expected_value": np.array([5.0, 80.0, 200.0])[kind],
            "place": rng.permutation(customers),
        }
    )
    return frame, kind


@pytest.fixture(scope="module")
def found() -> Clusters:
    frame, _ = planted(4000, seed=1)
    return explore_clusters(in_engine(frame, "customers"), CONFIG, "EUR", before=None, seed=1)


def test_planted_groups_are_found_with_their_centres_and_shares(found: Clusters) -> None:
    assert len(found.table) == 3
    assert list(found.table.cluster) == ["A", "B", "C"]
    centres = found.table[list(FEATURES)].to_numpy()
    np.testing.assert_allclose(centres, KINDS[[2, 1, 0]], rtol=0.12)
    np.testing.assert_allclose(found.table.share_of_customers, 1 / 3, atol=0.03)
    np.testing.assert_allclose(found.table.share_of_value, np.array([200, 80, 5]) / 285, atol=0.03)
    assert "3 groups" in found.note


def test_rules_in_words_tell_the_groups_apart(found: Clusters) -> None:
    assert (found.table.precision > 0.95).all()
    assert (found.table.coverage > 0.9).all()
    assert found.table.rule.str.len().gt(0).all()


@pytest.mark.parametrize("seed", range(6))
def test_a_cloud_has_no_groups(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cloud = rng.normal(size=(1500, 4)) @ rng.normal(size=(4, 4))
    judged = judge_candidates(cloud / cloud.std(axis=0), range(2, 5), seed=seed)
    assert not judged.chosen.any()


def test_without_groups_it_says_so_and_keeps_to_the_rules() -> None:
    frame, _ = planted(1500, seed=2, spread=3.0)
    found = explore_clusters(in_engine(frame, "customers"), CONFIG, "EUR", before=None, seed=1)
    assert found.table.empty
    assert "Use the rules" in found.note
    few = explore_clusters(in_engine(frame.head(50), "customers"), CONFIG, "EUR", before=None, seed=1)
    assert "at least 200" in few.note


def test_names_follow_their_groups_to_the_next_run(found: Clusters) -> None:
    frame, _ = planted(4000, seed=9)
    renamed = found.table.assign(cluster=["Q", "B", "X"])
    later = explore_clusters(in_engine(frame, "customers"), CONFIG, "EUR", before=renamed, seed=5)
    np.testing.assert_allclose(later.table[list(FEATURES)], found.table[list(FEATURES)], rtol=0.1)
    assert list(later.table.cluster) == ["Q", "B", "X"]


def test_matching_is_the_cheapest_pairing_and_new_groups_get_new_letters() -> None:
    before = np.array([[0.0, 0.0], [1.0, 0.0]])
    # Greedy pairing would give the first centre to the second name and leave the other one far away.
    assert match_labels(np.array([[0.9, 0.0], [1.9, 0.0]]), before, ["A", "B"]) == ["A", "B"]
    assert match_labels(np.array([[1.0, 0.1], [9.0, 9.0]]), before, ["A", "B"]) == ["B", "C"]
    assert match_labels(np.array([[3.0, 3.0]]), np.empty((0, 2)), []) == ["A"]


def test_the_surrogate_is_judged_on_customers_it_has_not_seen() -> None:
    """Groups drawn by a coin can't be told: a tree that was judged on what it learnt from would claim more."""
    rng = np.random.default_rng(3)
    sample = pd.DataFrame(rng.lognormal(size=(4000, 4)), columns=list(FEATURES))
    assert explain(sample, rng.integers(2, size=4000), "EUR").fidelity < 0.54
    by_rule = (sample.purchases > 1).to_numpy().astype(int)
    assert explain(sample, by_rule, "EUR").fidelity > 0.99


def test_a_group_is_worded_by_its_limits() -> None:
    rng = np.random.default_rng(4)
    sample = pd.DataFrame(
        {
            "purchases": rng.integers(1, 9, 3000),
            "days_since_last": rng.integers(0, 400, 3000),
            "mean_order": 50.0,
            "days_as_customer": 400,
        }
    )
    groups = ((sample.purchases >= 4) & (sample.days_since_last <= 100)).to_numpy().astype(int)
    rules = explain(sample, groups, "EUR").rules.rule
    assert rules[1] == "at least 4 purchases, last purchase at most 100 days ago"


def test_the_features_are_the_same_whatever_the_order_of_rows() -> None:
    frame, _ = planted(3000, seed=6)
    first = read_features(in_engine(frame, "customers"))
    shuffled = read_features(in_engine(frame.sample(frac=1, random_state=0), "customers"))
    pd.testing.assert_frame_equal(first, shuffled)
    np.testing.assert_allclose(standardise(first).points.std(axis=0), 1)


def bg_nbd_shop(customers: int, rng: np.random.Generator) -> pd.DataFrame:
    """Everybody buys and leaves by one law: rates by gamma, chances to leave by beta."""
    rate, leaves = rng.gamma(0.9, 1 / 6, customers), rng.beta(0.5, 4, customers)
    age, clock, last = rng.uniform(1, 156, customers), np.zeros(customers), np.zeros(customers)
    purchases, active = np.ones(customers, dtype=int), np.ones(customers, dtype=bool)
    while active.any():
        clock[active] += rng.exponential(1 / rate[active])
        active &= clock < age
        purchases[active] += 1
        last[active] = clock[active]
        active &= rng.random(customers) >= leaves
    paid = rng.gamma(6 * purchases, 1 / rng.gamma(4, 1 / 15, customers)) / purchases
    days = {"days_since_last": 7 * (age - last), "days_as_customer": 7 * age}
    return pd.DataFrame(
        {"purchases": purchases, "mean_order": paid} | {name: day.round() for name, day in days.items()}
    )


@pytest.mark.slow
def test_a_shop_without_groups_shows_none_although_many_of_its_customers_bought_once() -> None:
    for seed in range(4):
        shop = bg_nbd_shop(2500, np.random.default_rng(seed))
        assert not judge_candidates(standardise(shop).points, range(2, 7), seed=seed).chosen.any()
