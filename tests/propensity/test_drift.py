"""The spread of columns and scores between runs: the index against its formula, quiet where nothing moved, loud where it did."""

import ibis
import numpy as np
import pandas as pd
import pytest
from propensity.worlds import simulate

from workbench.config.customers import Score
from workbench.propensity import PropensityResult, train_scores
from workbench.propensity.drift import drift, freeze
from workbench.propensity.leads import lead_population
from workbench.result import Provenance


def people(seed: int, size: int = 5000, shift: float = 0.0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    origin = rng.choice(["search", "social"], size, p=[0.7 - shift / 2, 0.3 + shift / 2])
    frame = pd.DataFrame(
        {
            "visits": rng.normal(shift, 1, size),
            "age": np.where(rng.random(size) < 0.1, np.nan, rng.normal(size=size)),
            "origin": pd.Series(origin, dtype=object),
        }
    )
    return frame, rng.beta(2 + 2 * shift, 8, size)


def test_the_index_of_text_is_its_formula():
    old, probability = people(1)
    new, _ = people(2, shift=0.6)
    found = drift(freeze(old, probability), new, probability).set_index("name")
    e, a = (frame.origin.value_counts(normalize=True).sort_index().to_numpy() for frame in (old, new))
    assert found.psi["origin"] == pytest.approx(np.sum((a - e) * np.log(a / e)), rel=1e-6)


def test_what_moved_alarms_and_what_did_not_stays_quiet():
    frozen = freeze(*people(3))
    assert not any(drift(frozen, *people(seed)).alarm.any() for seed in range(10, 40))
    moved = drift(frozen, *people(4, shift=0.8)).set_index("name")
    assert moved.alarm[["visits", "probability"]].all()
    assert not moved.alarm["age"]


def test_columns_that_only_one_run_reads_are_not_compared():
    old, probability = people(5)
    found = drift(freeze(old.drop(columns="age"), probability), old.drop(columns="origin"), probability)
    assert set(found.name) == {"visits", "probability"}


SPEC = Score(kind="lead", horizon_days=30, value=100.0, cost=20.0)


def trained(frame: pd.DataFrame, previous: PropensityResult | None = None) -> PropensityResult:
    cases = lead_population(ibis.memtable(frame), SPEC, pd.Timestamp("2024-12-31").date())
    return train_scores(cases, "won", SPEC, currency="EUR", provenance=Provenance(), seed=2, previous=previous).result


def test_a_run_alarms_where_open_leads_are_others_than_last_time(tmp_path):
    leads = simulate(21, size=6000).leads()
    first = trained(leads)
    assert first.drift.empty
    first.save(tmp_path / "result")
    loaded = PropensityResult.load(tmp_path / "result")
    assert loaded.frozen == first.frozen
    again = {check.name: check for check in trained(leads, loaded).checks}
    assert again["drift_of_columns"].passed
    assert again["drift_of_the_score"].passed
    late = leads.assign(visits=leads.visits + 2.0 * (leads.created_at > pd.Timestamp("2024-12-01")))
    checks = {check.name: check for check in trained(late, loaded).checks}
    assert checks["drift_of_columns"].passed is False
    assert "visits" in checks["drift_of_columns"].detail
    assert checks["drift_of_the_score"].passed is False
