"""Which leads are won, lost, still open, or nobody's to tell."""

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest
from propensity.worlds import simulate

from workbench.config.customers import Score
from workbench.errors import DataError, SpecError
from workbench.propensity.leads import label_leads, lead_population

SPEC = Score(kind="lead", horizon_days=30)


def leads(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["lead_id", "created_at", "won_at"])
    return frame.assign(created_at=pd.to_datetime(frame.created_at), won_at=pd.to_datetime(frame.won_at))


def test_a_lead_is_won_within_the_horizon_or_not_at_all():
    table = leads(
        ("early", "2024-01-01", "2024-01-20"),
        ("late", "2024-01-01", "2024-03-01"),
        ("never", "2024-01-02", None),
        ("young", "2024-05-20", None),
        ("young and won", "2024-05-20", "2024-05-25"),
    )
    found = label_leads(table, 30, date(2024, 5, 31))
    assert dict(zip(found.leads.lead_id, found.leads.won, strict=True)) == {
        "early": True, "late": False, "never": False, "young": False, "young and won": True,
    }  # fmt: skip
    assert list(found.leads.lead_id[found.learnable]) == ["early", "late", "never"]
    assert list(found.leads.lead_id[found.open]) == ["young"]


def test_on_an_earlier_day_nothing_later_is_known():
    table = leads(("a", "2024-01-01", "2024-01-20"), ("b", "2024-02-01", None))
    found = label_leads(table, 30, date(2024, 1, 10))
    assert list(found.leads.lead_id) == ["a"]
    assert list(found.open) == [True]


def test_leads_before_the_deal_log_are_left_out():
    rng = np.random.default_rng(1)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 300, 3000)), unit="D")
    won_at = pd.Series(created + pd.to_timedelta(rng.integers(1, 25, 3000), unit="D")).where(rng.random(3000) < 0.15)
    full = pd.DataFrame({"lead_id": np.arange(3000).astype(str), "created_at": created, "won_at": won_at})
    assert label_leads(full, 30, date(2024, 12, 31)).before_log == 0
    logged = full.assign(won_at=won_at.where(won_at >= "2024-06-01"))
    found = label_leads(logged, 30, date(2024, 12, 31))
    assert found.log_starts == pd.Timestamp(logged.won_at.min()).date()
    assert found.before_log == int((created < pd.Timestamp(found.log_starts)).sum())
    kept = found.leads[found.learnable]
    assert kept.won.mean() == pytest.approx(0.15, abs=0.03)


def test_a_lead_won_before_it_was_created_counts_as_won_and_is_counted():
    found = label_leads(leads(("a", "2024-01-02", "2024-01-01"), ("b", "2024-01-02", None)), 30, date(2024, 5, 1))
    assert found.negative == 1
    assert found.leads.won.tolist() == [True, False]


def test_a_flag_without_days_is_believed():
    table = leads(("a", "2024-01-01", None), ("b", "2024-01-02", None), ("c", "2024-01-03", None)).assign(
        won=pd.array([True, False, None], dtype="boolean")
    )
    found = label_leads(table, 30, date(2024, 1, 5))
    assert found.leads.won.tolist() == [True, False, False]
    assert found.open.tolist() == [False, False, True]


def test_a_flag_that_denies_a_day_is_refused():
    table = leads(("a", "2024-01-01", "2024-01-05")).assign(won=pd.array([False], dtype="boolean"))
    with pytest.raises(DataError, match="won is false in 1 rows that carry a won_at"):
        label_leads(table, 30, date(2024, 5, 1))


def population(frame: pd.DataFrame, **spec):
    return lead_population(ibis.memtable(frame), SPEC.model_copy(update=spec), None)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.assign(won_at=pd.NaT), "say of no lead whether it was won"),
        (lambda f: f.assign(won_at=f.created_at.iloc[-1] + pd.Timedelta(days=90)), "never occurs"),
        (lambda f: f.assign(won_at=f.created_at), "occurs in all"),
        (lambda f: f.iloc[::40], "at least 20"),
    ],
)
def test_outcomes_that_teach_nothing_are_refused(change, told):
    with pytest.raises(DataError, match=told):
        population(change(simulate(1, 1500).leads()))


def test_ids_constants_and_later_days_are_left_out_and_named():
    frame = simulate(1, 1500).leads()
    frame = frame.assign(
        crm_id=[f"X{i}" for i in range(1500)],
        counter=np.arange(1500),
        country="DE",
        empty=None,
        signed_on=frame.won_at,
        first_seen=frame.created_at - pd.to_timedelta(np.arange(1500) % 7, unit="D"),
    )
    found = population(frame)
    reasons = found.exclusions.set_index("column").reason
    assert reasons["crm_id"].startswith("an identifier")
    assert reasons["counter"].startswith("an identifier")
    assert reasons["country"] == "the same in every row"
    assert reasons["empty"] == "always missing"
    assert reasons["signed_on"].startswith("leakage")
    assert set(found.training.features) == {"visits", "age", "noise", "origin", "first_seen"}
    assert sorted(found.training.features.first_seen.unique()) == pytest.approx(range(7))


def test_an_unknown_column_in_the_configuration_is_named():
    with pytest.raises(SpecError, match="exclude names wisits"):
        population(simulate(1, 1500).leads(), exclude=("wisits",))
