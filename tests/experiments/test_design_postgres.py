"""Plans made on PostgreSQL: what history says there is what the embedded engine says, to 1e-9."""

from collections.abc import Iterator

import ibis
import numpy as np
import pandas as pd
import pytest

from workbench.config import Metric, UserExperiment
from workbench.experiments.design import Goal, HistoryQuestion, Plans, design_experiment
from workbench.result import Provenance


def simulated() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(12)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 200, 6000), unit="D")
    orders = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in rng.integers(0, 1500, 6000)],
            "ordered_at": days.floor("s"),
            "revenue": rng.gamma(2.0, 30.0, 6000).round(2),
        }
    )
    customers = pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(1500)], "consent_marketing": rng.random(1500) < 0.8}
    )
    units = pd.DataFrame(
        {
            "experiment_id": "mail",
            "unit_id": np.arange(2000),
            "variant": np.where(np.arange(2000) % 2, "none", "mail"),
            "assigned_at": pd.Timestamp("2024-05-01") + pd.to_timedelta(np.arange(2000) % 20, unit="D"),
            "revenue": rng.gamma(2.0, 5.0, 2000),
            "before": np.where(rng.random(2000) < 0.1, np.nan, rng.gamma(2.0, 5.0, 2000)),
        }
    )
    return {"transactions": orders, "customers": customers, "units": units}


@pytest.fixture(scope="module")
def engines(postgres_url: str) -> Iterator[tuple[dict[str, ibis.Table], dict[str, ibis.Table]]]:
    frames, embedded, server = simulated(), ibis.duckdb.connect(), ibis.connect(postgres_url)
    server.raw_sql("CREATE SCHEMA designs").close()
    yield (
        {name: embedded.create_table(name, frame) for name, frame in frames.items()},
        {name: server.create_table(name, frame, database="designs") for name, frame in frames.items()},
    )
    server.disconnect()


@pytest.mark.parametrize(
    ("name", "tables", "question"),
    [
        ("", ("transactions", "customers"), HistoryQuestion()),
        ("", ("transactions",), HistoryQuestion(entry="with_next_order", weeks=3)),
        ("mail", ("units",), HistoryQuestion()),
    ],
)
def test_both_engines_make_the_same_plan(engines, name, tables, question):
    spec = None
    if name:
        spec = UserExperiment(control="none", metrics=(Metric(name="revenue", covariate="before", value=0.5),))
    plans = Plans(goal=Goal(effect=0.1, most_weeks=20), question=question, replays=100)
    ours, theirs = (
        design_experiment(
            {table: engine[table] for table in tables}, name, spec, plans, provenance=Provenance(), currency="EUR"
        )
        for engine in engines
    )
    pd.testing.assert_frame_equal(ours.metrics, theirs.metrics, rtol=1e-9)
    pd.testing.assert_frame_equal(ours.costs, theirs.costs, rtol=1e-9)
    assert ours.findings == theirs.findings
    # The engines' hashes differ, so do the splits; their false claims are as rare.
    assert (theirs.replay.lower < 0.05).all()
