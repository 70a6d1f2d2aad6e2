"""Bias that was planted is found, none is claimed where there is none, and intervals cover the truth."""

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from workbench.customers.fairness import audit, fairness_cells
from workbench.customers.fairness.audit import holm
from workbench.data.synthetic import simulate_company
from workbench.errors import SpecError

GROUPS = ["18-29", "30-44", "45-59"]
SHARES = [0.5, 0.3, 0.2]
LEVELS = np.array([0.04, 0.12, 0.3])
SELECTED = 0.1
LIMITS = {"smallest_group": 50, "largest_gap": 0.2}


def people(seed: int, count: int = 2_000, *, selection: float = 1.0, outcomes: float = 1.0) -> pd.DataFrame:
    """People whose group says nothing, but for the planted factors of the last group."""
    rng = np.random.default_rng(seed)
    group = rng.choice(GROUPS, count, p=SHARES)
    level = rng.integers(0, len(LEVELS), count)
    planted = group == GROUPS[-1]
    return pd.DataFrame(
        {
            "group": group,
            "score": LEVELS[level],
            "outcome": rng.random(count) < LEVELS[level] * np.where(planted, outcomes, 1.0),
            "selected": rng.random(count) < SELECTED * np.where(planted, selection, 1.0),
            "value": rng.gamma(2.0, 20.0, count),
        }
    )


def cells(rows: pd.DataFrame) -> pd.DataFrame:
    return (
        rows.assign(
            customers=1, expected=rows.score, value_squares=rows.value**2, score_bin=rows.score, outcomes=rows.outcome
        )
        .drop(columns=["score", "outcome"])
        .groupby(["group", "score_bin"], dropna=False)
        .sum()
        .reset_index()
    )


def row(found, group: str, measure: str) -> pd.Series:
    return found.table.set_index(["group", "measure"]).loc[(group, measure)]


@pytest.mark.slow
def test_without_bias_any_gap_at_all_is_claimed_in_at_most_five_worlds_of_a_hundred():
    claims = [
        not audit(cells(people(seed)), smallest_group=50, largest_gap=1e-9, seed=seed).check.passed
        for seed in range(200)
    ]
    # 5% of 200, and chance on top: a rate of 5% exceeds 16 in 1 of 42 series, one of 10% does in 4 of 5.
    assert sum(claims) <= 16


@pytest.mark.slow
def test_gap_intervals_cover_the_planted_gaps():
    covered = {"selection": 0, "calibration": 0, "value": 0}
    truth = {"selection": 0.6 - 1, "calibration": 1.4 - 1, "value": 0.0}
    for seed in range(150):
        found = audit(cells(people(seed + 1_000, selection=0.6, outcomes=1.4)), **LIMITS, seed=seed)
        for measure, gap in truth.items():
            numbers = row(found, GROUPS[-1], measure)
            covered[measure] += numbers.gap_lower <= gap <= numbers.gap_upper
    for measure, times in covered.items():
        # 95%, give or take 2.5 binomial standard errors.
        assert 0.905 <= times / 150 <= 0.995, (measure, times)


@pytest.mark.parametrize(
    ("measure", "planted"), [("selection", {"selection": 0.5}), ("calibration", {"outcomes": 1.6})]
)
def test_planted_bias_is_found_in_its_group_and_told_without_a_cause(measure: str, planted: dict[str, float]):
    found = audit(cells(people(5, 10_000, **planted)), **LIMITS, seed=5, attribute="age_band")
    assert found.check.passed is False
    assert row(found, GROUPS[-1], measure).alarm
    assert found.check.name == "fairness_age_band"
    assert "45-59" in found.statements[0]
    assert any("not why" in sentence for sentence in found.statements)
    assert not any(word in " ".join(found.statements) for word in ("because", "discriminat", "causes"))


def test_selection_interval_is_jeffreys_and_stays_open_where_nobody_was_selected():
    rows = pd.DataFrame(
        {"group": ["a", "b"], "score_bin": 0, "customers": [60, 4_000], "outcomes": [3, 200], "selected": [0, 400]}
    ).assign(expected=[3.0, 200.0], value=0.0)
    found = row(audit(rows, **LIMITS, seed=1), "a", "selection")
    assert found.estimate == 0
    assert found.upper == pytest.approx(beta.ppf(0.975, 0.5, 60.5), rel=0.08)
    # 0 of 60 where 6 were to be expected: 0.9^60 = 0.0018.
    assert found.p_value < 0.02


def test_counts_are_those_of_a_plain_group_by():
    rows = people(9)
    found = audit(cells(rows), **LIMITS, seed=1)
    for group, part in rows.groupby("group"):
        assert row(found, group, "selection").estimate == pytest.approx(part.selected.mean())
        assert row(found, group, "calibration").estimate == pytest.approx(part.outcome.sum() / part.score.sum())
        assert row(found, group, "value").estimate == pytest.approx(part.value.mean())
        others = rows[rows.group != group]
        assert row(found, group, "selection").gap == pytest.approx(part.selected.mean() / others.selected.mean() - 1)


def test_value_intervals_are_those_of_the_mean():
    rows = people(11, 4_000)
    found = audit(cells(rows), **LIMITS, seed=1)
    part = rows[rows.group == GROUPS[0]].value
    numbers = row(found, GROUPS[0], "value")
    assert numbers.upper - numbers.lower == pytest.approx(2 * 1.96 * part.std() / np.sqrt(len(part)), rel=0.06)


def test_a_group_of_three_is_named_and_not_judged():
    rows = people(2)
    rows.loc[:2, "group"] = "divers"
    found = audit(cells(rows), **LIMITS, seed=2, attribute="gender")
    numbers = row(found, "divers", "selection")
    assert not numbers.judged
    assert np.isnan(numbers.estimate)
    assert "Of gender, divers (3) has fewer than 50: named here, not judged." in found.statements


def test_people_without_a_value_are_a_group_of_their_own():
    rows = people(3)
    rows.loc[:199, "group"] = None
    rows.loc[200:399, "group"] = "  "
    found = audit(cells(rows), **LIMITS, seed=3)
    assert row(found, "unknown", "selection").customers == 400


@pytest.mark.parametrize("groups", [1, 200])
def test_where_nothing_can_be_compared_nothing_is_claimed(groups: int):
    rows = people(4, 20_000)
    found = audit(cells(rows.assign(group=[f"g{n % groups}" for n in range(len(rows))])), **LIMITS, seed=4)
    assert found.check.passed is None
    assert ("as many others" if groups == 1 else "200 groups are more than the 40") in found.check.detail


def test_two_groups_are_told_of_once_and_the_larger_ratio_in_times_or_in_percent():
    rows = pd.DataFrame(
        {
            "group": ["here", "away"],
            "score_bin": 0,
            "customers": [4_000, 2_000],
            "outcomes": [400, 200],
            "selected": [1_200, 20],
        }
    ).assign(expected=[400.0, 200.0], value=0.0)
    found = audit(rows, **LIMITS, seed=1, attribute="home")
    told = [sentence for sentence in found.statements if "are selected" in sentence]
    assert len(told) == 1
    assert "Of home here (4,000), 30.0% are selected, of all others 1.0%: 30 times as often (95% interval " in told[0]


def test_the_neglected_leads_of_the_sample_company_are_found_and_ages_are_not_accused():
    company = simulate_company(customers=20_000)
    leads = company.leads.drop(columns="value").merge(company.truth.leads, on="lead_id")
    leads = leads.rename(columns={"probability": "score", "won": "outcome"})
    leads["selected"] = leads.score >= leads.score.quantile(0.8)
    found = audit(fairness_cells(ibis.memtable(leads), "language"), **LIMITS, seed=1, attribute="language")
    assert found.check.passed is False
    assert row(found, "english", "selection").gap < -0.5
    assert not row(found, "english", "calibration").alarm
    assert not row(found, "other", "selection").judged

    customers = company.customers.merge(company.truth.customers, on="customer_id")
    chance = customers.alive * -np.expm1(-4 * customers.rate)
    customers = customers.assign(score=chance, selected=chance >= chance.quantile(0.9), value=customers.revenue)
    ages = audit(fairness_cells(ibis.memtable(customers), "age_band"), **LIMITS, seed=1, attribute="age_band")
    assert ages.check.passed is True


def test_unknown_outcomes_leave_selection_to_be_judged():
    rows = cells(people(6, 10_000, selection=0.4)).assign(outcomes=np.nan)
    found = audit(rows, **LIMITS, seed=6)
    assert found.check.passed is False
    assert np.isnan(row(found, GROUPS[-1], "calibration").p_value)


def test_the_same_seed_gives_the_same_numbers():
    once, again = (audit(cells(people(7)), **LIMITS, seed=7).table for _ in range(2))
    pd.testing.assert_frame_equal(once, again)


def test_cells_of_the_engine_add_up_to_the_people():
    rows = people(8)
    made = fairness_cells(ibis.memtable(rows), "group")
    for group, part in rows.groupby("group"):
        own = made[made.group == group].sum(numeric_only=True)
        assert (own.customers, own.outcomes, own.selected) == (len(part), part.outcome.sum(), part.selected.sum())
        assert own.value_squares == pytest.approx((part.value**2).sum())
        assert own.expected == pytest.approx(part.score.sum())
    with pytest.raises(SpecError, match="customers lack"):
        fairness_cells(ibis.memtable(rows), "shoe_size")


def test_a_server_counts_the_cells_that_the_embedded_engine_counts(postgres_url):
    rows = people(8).astype({"outcome": "boolean"})
    rows.loc[:9, "group"] = None
    rows.loc[5:14, "outcome"] = pd.NA
    server = ibis.connect(postgres_url)
    table = server.create_table("fairness_people", ibis.memtable(rows))
    try:
        there, here = (fairness_cells(each, "group") for each in (table, ibis.memtable(rows)))
    finally:
        server.drop_table("fairness_people")
        server.disconnect()
    pd.testing.assert_frame_equal(there, here, check_dtype=False)
    assert here.outcomes.isna().sum() > 0
    assert np.isnan(row(audit(here, **LIMITS, seed=1), GROUPS[0], "calibration").estimate)


def test_cells_that_contradict_themselves_are_refused():
    broken = cells(people(8)).assign(selected=10**6)
    with pytest.raises(SpecError, match="count each person once"):
        audit(broken, **LIMITS, seed=1)
    with pytest.raises(SpecError, match="lack expected"):
        audit(cells(people(8)).drop(columns="expected"), **LIMITS, seed=1)


def test_holm_is_that_of_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p_values = np.array([0.01, 0.04, 0.03, 0.5, 0.001])
    np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1])
    np.testing.assert_allclose(holm(np.array([np.nan, 0.02, 0.01])), [np.nan, 0.02, 0.02])
