"""Pooled values of new customers against the truth of simulated channels."""

import ibis
import numpy as np
import pandas as pd
import pytest

from tests.segments.pooling.worlds import CENTRE, MODEL, NEW, simulate_world
from workbench.errors import SpecError
from workbench.segments.pooling.cell_likelihoods import cell_likelihoods, summits
from workbench.segments.pooling.cells import Cells, count_cells
from workbench.segments.pooling.pool import pool_cells

SIZES = [40, 60, 80, 100, 150, 200, 300, 400, 600, 1000, 2000]


def test_a_new_customers_value_is_what_simulated_ones_bring() -> None:
    """A gamma-distributed rate and geometric lifetimes, followed for a year from the first order."""
    rng, count = np.random.default_rng(1), 200_000
    r, alpha, a, b, value = np.exp(CENTRE)
    rate, lifetime = rng.gamma(r, 1 / alpha, count), rng.geometric(rng.beta(a, b, count))
    clock, bought, worth = np.zeros(count), np.zeros(count), np.ones(count)
    for _ in range(400):
        clock = clock + rng.exponential(1 / rate)
        active = (clock <= 52) & (bought < lifetime)
        bought = bought + active
        worth = worth + active * 1.1 ** (-clock / (365.25 / 7))
    error = 0.5 * value * worth.std() / np.sqrt(count)
    assert abs(float(NEW.value(CENTRE)) - 0.5 * value * worth.mean()) < 4 * error


def test_parabolas_follow_the_likelihood_near_where_they_touch() -> None:
    world = simulate_world([400, 3000], seed=3)
    at = summits(MODEL, world.cells.histories, CENTRE[:4], 0.3)
    likelihoods = cell_likelihoods(MODEL, world.cells, at)
    for cell, triples in enumerate(world.cells.histories):
        step = np.array([0.02, -0.03, 0.02, 0.03])
        exact = [MODEL.log_likelihood(np.exp(point), triples)[0] for point in (at[cell], at[cell] + step)]
        parabola = [
            likelihoods.linear[cell] @ point - point @ likelihoods.information[cell] @ point / 2
            for point in (np.append(each, likelihoods.at[cell, 4]) for each in (at[cell], at[cell] + step))
        ]
        assert parabola[1] - parabola[0] == pytest.approx(exact[1] - exact[0], rel=0.02, abs=0.01)


@pytest.mark.slow
def test_intervals_hold_the_truth_and_small_channels_gain_most() -> None:
    """Eight worlds of eleven channels: 90% intervals hold at least 85%, and pooling errs less than channels alone."""
    held, errors, alone = [], [], []
    for seed in range(8):
        world = simulate_world(SIZES, seed=seed)
        groups = pool_cells(world.cells, MODEL.fit(world.together), NEW, level=0.9, seed=seed).groups
        groups = groups.set_index("level").loc[[f"c{number}" for number in range(len(SIZES))]]
        held.append((groups.lower <= world.truth) & (world.truth <= groups.upper))
        errors.append(np.log(groups.ltv / world.truth) ** 2)
        alone.append(np.log(groups.ltv_unpooled / world.truth) ** 2)
    assert np.mean(held) >= 0.85
    assert np.mean(errors) < 0.8 * np.mean(alone)
    assert np.mean(errors, axis=0)[:5].mean() < 0.85 * np.mean(alone, axis=0)[:5].mean()


def test_a_covariates_shift_of_the_rate_is_found() -> None:
    """Half of each channel's customers, members of a club, buy 1.5 times as often; the more common half is what they are held against."""
    parts = [
        simulate_world([800] * 6, seed=seed, rates=0.0, values=0.0, faster=faster)
        for seed, faster in ((1, 1.0), (2, 1.5))
    ]
    table = pd.concat(
        [parts[0].cells.table.assign(club="no"), parts[1].cells.table.assign(club="yes")], ignore_index=True
    )
    table.loc[table.club == "no", "customers"] += 1
    histories = (*parts[0].cells.histories, *parts[1].cells.histories)
    cells = Cells(table=table, histories=histories, groups=("channel",), covariates=("club",))
    pooled = pool_cells(cells, MODEL.fit(parts[0].together), NEW, level=0.95, seed=1)
    (row,) = pooled.covariates.to_dict("records")
    assert row["level"] == "yes"
    assert row["lower"] < 1.5 < row["upper"]
    assert row["lower"] > 1.1
    assert set(pooled.spreads["group"]) == {"channel", "cell"}


def test_alike_channels_are_pulled_together() -> None:
    world = simulate_world([50, 80, 120, 3000], seed=5, rates=0.0, values=0.0)
    groups = pool_cells(world.cells, MODEL.fit(world.together), NEW, level=0.9, seed=1).groups
    assert np.ptp(groups.ltv) < 0.8 * np.ptp(groups.ltv_unpooled)
    small = groups.customers < 100
    assert ((groups.upper - groups.lower) < (groups.unpooled_upper - groups.unpooled_lower))[small].all()


@pytest.mark.parametrize(
    ("customers", "levels", "told"),
    [
        (600, 501, "at most 500 can be compared"),
        (120, 60, "of 2.0 customers each on average, and cells are compared from 3 on"),
    ],
)
def test_columns_that_tell_nearly_everyone_apart_are_no_groups(customers: int, levels: int, told: str) -> None:
    who = [f"k{number}" for number in range(customers)]
    known = {
        "frequency": 1,
        "recency_days": 7,
        "age_days": 70,
        "revenue": 20.0,
        "first_day": pd.Timestamp("2025-01-06"),
    }
    summaries = ibis.memtable(pd.DataFrame({"customer_id": who, **known}))
    attributes = ibis.memtable(
        pd.DataFrame({"customer_id": who, "shop": [f"s{number % levels}" for number in range(customers)]})
    )
    with pytest.raises(SpecError, match=f"tell {levels} cells of customers apart.*{told}"):
        count_cells(summaries, attributes, groups=["shop"], covariates=[], time_unit="week")
