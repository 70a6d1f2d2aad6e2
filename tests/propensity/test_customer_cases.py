"""Customers as cases, against a count by hand: nothing later is seen, consent comes first."""

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from tests.segments.populations import simulate_orders
from workbench.config import Market, WorkspaceConfig
from workbench.config.customers import Score
from workbench.errors import DataError, SpecError
from workbench.propensity import collect_cases, customer_cases
from workbench.propensity.customer_cases import customer_population, scoring_days
from workbench.propensity.metrics import Judged, calibration_error, calibration_error_by_chance
from workbench.propensity.model import fit_foreseeing

CONFIG = WorkspaceConfig.model_validate({"workspace": {"name": "Shop"}, "segmentation": {"margin": 0.5}})
CONVERSION = Score(kind="conversion", horizon_days=30, as_of_days=3)
CHURN = Score(kind="churn", horizon_days=30, as_of_days=3, active_days=60)


def company(seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    who = rng.integers(0, 300, 2500)
    orders = pd.DataFrame(
        {
            "order_id": np.arange(2500).astype(str),
            "customer_id": [f"C{i:03d}" for i in who],
            "ordered_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 2500), unit="D"),
            "revenue": rng.gamma(2, 20, 2500).round(2),
        }
    )
    people = pd.DataFrame(
        {
            "customer_id": [f"C{i:03d}" for i in range(300)],
            "consent_marketing": rng.random(300) < 0.8,
            "market": rng.choice(["DE", "FR"], 300),
        }
    )
    return orders, people


def cases(orders: pd.DataFrame, people: pd.DataFrame | None, spec: Score = CONVERSION, as_of: date | None = None):
    table = None if people is None else ibis.memtable(people)
    return customer_population(ibis.memtable(orders), table, None, spec=spec, config=CONFIG, as_of=as_of)


@pytest.mark.parametrize("spec", [CONVERSION, CHURN], ids=["conversion", "churn"])
def test_outcomes_and_values_are_those_of_a_count_by_hand(spec):
    orders, people = company()
    allowed = set(people.customer_id[people.consent_marketing])
    kept = orders[orders.customer_id.isin(allowed)]
    last = kept.ordered_at.max()
    rates, values = [], []
    for k in (3, 2, 1):
        day = last - pd.Timedelta(days=30 * k)
        before, after = kept[kept.ordered_at <= day], kept[(kept.ordered_at > day)]
        after = after[after.ordered_at <= day + pd.Timedelta(days=30)]
        known = before.groupby("customer_id").ordered_at.max()
        if spec.kind == "churn":
            known = known[(day - known).dt.days < 60]
        spent = after.groupby("customer_id").revenue.sum().reindex(known.index)
        rates += list(spent.isna() if spec.kind == "churn" else spent.notna())
        values.append(0.5 * spent.sum())
    found = cases(orders, people, spec).training
    assert len(found) == len(rates)
    assert found.outcome.mean() == pytest.approx(np.mean(rates))
    assert np.nansum(found.value) == pytest.approx(sum(values))


def test_nothing_after_the_day_of_scoring_changes_anything():
    orders, people = company()
    as_of = date(2024, 8, 1)
    past = orders[orders.ordered_at < "2024-08-02"]
    both = cases(orders, people, as_of=as_of), cases(past, people, as_of=as_of)
    pd.testing.assert_frame_equal(both[0].training.features, both[1].training.features)
    np.testing.assert_array_equal(both[0].training.outcome, both[1].training.outcome)
    tables = [each.open.to_pandas().sort_values("id", ignore_index=True) for each in both]
    pd.testing.assert_frame_equal(*tables)


def test_who_did_not_consent_is_neither_learnt_from_nor_scored():
    orders, people = company()
    found = cases(orders, people)
    assert set(found.open.to_pandas().id) <= set(people.customer_id[people.consent_marketing])
    check = next(check for check in found.checks if check.name == "consent")
    assert check.value == pytest.approx(1 - people.consent_marketing.mean(), abs=1e-9)


def test_churn_scores_only_the_active():
    orders, people = company()
    found = cases(orders, people, CHURN)
    last = orders.groupby("customer_id").ordered_at.max()[found.open.to_pandas().id]
    assert ((pd.Timestamp(found.as_of) - last).dt.days < 60).all()


def test_an_id_repeated_on_every_day_of_scoring_is_still_an_id():
    orders, people = company()
    reasons = cases(orders, people.assign(email_hash=people.customer_id + "x")).exclusions.set_index("column").reason
    assert reasons["email_hash"].startswith("an identifier")


def test_days_of_scoring_end_a_horizon_before_the_last():
    assert scoring_days(date(2024, 1, 1), date(2024, 12, 31), CONVERSION) == [
        date(2024, 10, 2),
        date(2024, 11, 1),
        date(2024, 12, 1),
    ]
    with pytest.raises(SpecError, match="at least two past days"):
        scoring_days(date(2024, 11, 1), date(2024, 12, 31), CONVERSION)


def test_an_outcome_that_hardly_occurs_is_said():
    orders, _ = company()
    early = orders[orders.ordered_at < "2024-03-01"]
    late = orders.tail(1).assign(ordered_at=pd.Timestamp("2024-12-30"))
    with pytest.raises(DataError, match=r"occurs in 1 of .* at least 20 with"):
        cases(pd.concat([early, late]), None)


def test_a_group_that_customers_lack_is_named():
    orders, people = company()
    with pytest.raises(SpecError, match="fairness names age_band"):
        cases(orders, people, CONVERSION.model_copy(update={"fairness": ("age_band",)}))


def test_a_sample_of_too_many_cases_is_as_frequent_and_as_calibrated_as_the_whole(monkeypatch):
    """Customers are drawn with all their cases; a score that learnt from a third of them holds for the others, too."""
    orders = simulate_orders(customers=4000, days=500, seed=5)
    orders["order_id"] = np.arange(len(orders)).astype(str)
    spec = Score(kind="conversion", horizon_days=60, as_of_days=4)
    whole = cases(orders, None, spec).training
    monkeypatch.setattr(customer_cases, "MOST_TRAINING_ROWS", len(whole) // 3)
    part = cases(orders, None, spec).training
    assert len(part) == pytest.approx(len(whole) / 3, rel=0.1)
    assert np.unique(part.unit).size == pytest.approx(np.unique(whole.unit).size / 3, rel=0.06)
    assert part.outcome.mean() == pytest.approx(whole.outcome.mean(), abs=3 * np.sqrt(0.2 / len(part)))
    model, _ = fit_foreseeing("logistic regression", part, 1)
    all_of_them = Judged(probability=model.probability(whole.features), outcome=whole.outcome, unit=whole.unit)
    learnt_from = Judged(probability=model.probability(part.features), outcome=part.outcome, unit=part.unit)
    more = calibration_error(all_of_them) - calibration_error(learnt_from)
    assert more < calibration_error_by_chance(learnt_from, 1)


def test_groups_bear_labels_and_what_is_learnt_and_handed_on_keeps_its_names():
    orders, people = company()
    labels = CONFIG.model_copy(update={"markets": {"DE": Market(label="Germany")}})
    tables = {"transactions": ibis.memtable(orders), "customers": ibis.memtable(people)}
    spec = CONVERSION.model_copy(update={"fairness": ("market",), "features": ("market",)})
    found = collect_cases(tables.get, spec, labels, as_of=None)
    assert set(found.training.groups.market) == {"Germany", "FR"}
    assert set(found.training.features.market) == {"DE", "FR"}
    assert set(found.open.to_pandas().market) == {"DE", "FR"}
