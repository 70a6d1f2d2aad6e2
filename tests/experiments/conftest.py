"""Tables of simulated and published experiments, as the engine sees them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

type UnitsTable = Callable[[pd.DataFrame], ibis.Table]


@pytest.fixture
def units_table() -> UnitsTable:
    """Put a frame of units into an embedded engine."""
    return lambda frame: ibis.duckdb.connect().create_table("units", ibis.memtable(frame))


@pytest.fixture(scope="session")
def hillstrom(shared_data: Path) -> pd.DataFrame:
    """MineThatData's e-mail test, 64,000 customers in three arms."""
    frame = pd.read_csv(shared_data / "experiments" / "hillstrom.csv").rename(columns={"segment": "variant"})
    return frame.assign(experiment_id="hillstrom", unit_id=np.arange(len(frame)))


@pytest.fixture(scope="session")
def walkthrough(shared_data: Path) -> pd.DataFrame:
    """GeoLift's walkthrough: 40 cities, 105 days."""
    frame = pd.read_csv(shared_data / "experiments" / "geolift_test.csv")
    return frame.rename(columns={"location": "market", "Y": "kpi"}).assign(experiment_id="walkthrough")


@pytest.fixture
def two_arms() -> pd.DataFrame:
    """A small test with a real lift: spend, orders, sessions and a pre-period covariate, 400 and 600 units."""
    rng = np.random.default_rng(11)
    treated = np.arange(1000) >= 400
    past = rng.gamma(2.0, 10.0, size=1000)
    sessions = 1 + rng.poisson(3, size=1000)
    orders = rng.binomial(sessions, 0.3)
    spend = 0.8 * past + orders * 5 + rng.normal(0, 6, size=1000) + 4 * treated
    return pd.DataFrame(
        {
            "experiment_id": "spring",
            "unit_id": np.arange(1000),
            "variant": np.where(treated, "offer", "none"),
            "spend": spend,
            "orders": orders,
            "sessions": sessions,
            "bought": (orders > 0).astype(int),
            "past_spend": past,
        }
    )


def geo_world(
    *, seed: int, periods: int = 90, tested: int = 14, donors: int = 12, effect: float = 0.0, treated: int = 1
) -> pd.DataFrame:
    """Markets that share two factors and a week; the treated ones lie among the donors. Noise has standard deviation 1.

    The effect is per treated market and day. Days start on 2024-01-01; the test is the last `tested` days.
    """
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(periods, 2)) + 2 * np.sin(np.arange(periods) * 2 * np.pi / 7)[:, None]
    donor_loadings = rng.uniform(0.5, 1.5, size=(2, donors))
    mixes = rng.dirichlet(np.ones(donors), size=treated).T
    loadings = np.hstack([donor_loadings @ mixes, donor_loadings])
    kpi = 100 + factors @ loadings + rng.normal(size=(periods, treated + donors))
    kpi[periods - tested :, :treated] += effect
    names = [f"treated{i}" for i in range(treated)] + [f"donor{i:02d}" for i in range(donors)]
    frame = pd.DataFrame(kpi, columns=names, index=pd.date_range("2024-01-01", periods=periods))
    tidy = frame.rename_axis("date").reset_index().melt(id_vars="date", var_name="market", value_name="kpi")
    return tidy.assign(experiment_id="simulated")
