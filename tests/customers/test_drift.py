"""The stability index against its formula, a closed form and both sides of the engine's border."""

from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from tests.embedded import in_engine
from workbench.customers.drift import (
    freeze_in_engine,
    frozen_bins,
    psi,
    psi_by_chance,
    shares_in_engine,
    shares_of,
)
from workbench.errors import SpecError


def test_by_hand() -> None:
    expected = (0.5 - 0.4) * np.log(0.5 / 0.4) + (0.5 - 0.6) * np.log(0.5 / 0.6)
    assert psi(np.array([40, 60]), np.array([5, 5])) == pytest.approx(expected)


def test_it_is_the_sum_of_both_divergences() -> None:
    """Jeffreys' divergence: KL(a, e) + KL(e, a)."""
    rng = np.random.default_rng(1)
    before, now = rng.dirichlet(np.ones(8)), rng.dirichlet(np.ones(8))
    both = np.sum(now * np.log(now / before)) + np.sum(before * np.log(before / now))
    assert psi(before, now) == pytest.approx(both)
    assert psi(now, before) == pytest.approx(both)
    assert psi(before, before) == 0


def test_a_shifted_normal_has_the_index_of_its_bins() -> None:
    rng = np.random.default_rng(2)
    bins = frozen_bins(rng.normal(size=200_000))
    probabilities = np.diff(norm.cdf([-np.inf, *(np.array(bins.edges) - 0.5), np.inf]))
    exact = np.sum((probabilities - 0.1) * np.log(probabilities / 0.1))
    found = psi(np.array(bins.shares), shares_of(rng.normal(0.5, 1, 200_000), bins.edges))
    assert found == pytest.approx(exact, rel=0.03)
    assert psi(np.array(bins.shares), shares_of(rng.normal(size=20_000), bins.edges)) < 0.002


def test_a_value_that_many_share_is_one_bin_and_missing_ones_are_another() -> None:
    values = np.array([0.0] * 60 + [1.0] * 20 + [5.0] * 10 + [np.nan] * 10)
    bins = frozen_bins(values)
    assert bins.edges == (1.0, 5.0)
    np.testing.assert_allclose(bins.shares, [0.6, 0.2, 0.1, 0.1])


def test_all_that_was_there_gone_is_large_and_finite() -> None:
    assert 10 < psi(np.array([1.0, 0.0]), np.array([0.0, 1.0])) < 30


def test_the_engine_bins_as_numpy_does() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"spent": rng.lognormal(size=5000), "orders": rng.poisson(0.7, 5000), "age": rng.normal(size=5000)}
    )
    frame.loc[::7, "age"] = np.nan
    table = in_engine(frame, "features")
    table = table.mutate(age=table.age.nullif(float("nan")))
    frozen = freeze_in_engine(table, list(frame.columns))
    for name in frame.columns:
        ours = frozen_bins(frame[name].to_numpy(dtype=float))
        np.testing.assert_allclose(frozen[name].edges, ours.edges)
        np.testing.assert_allclose(frozen[name].shares, ours.shares)
    moved = in_engine(frame.assign(spent=2 * frame.spent)[["spent"]], "features")
    shares = shares_in_engine(moved, {"spent": frozen["spent"].edges})["spent"]
    np.testing.assert_allclose(shares, shares_of(2 * frame.spent.to_numpy(), frozen["spent"].edges))


def test_distributions_that_do_not_compare_are_refused() -> None:
    with pytest.raises(SpecError, match="2 with 3"):
        psi(np.ones(2), np.ones(3))
    with pytest.raises(SpecError, match="filled"):
        psi(np.ones(2), np.zeros(2))
    with pytest.raises(SpecError, match="one value"):
        frozen_bins(np.array([]))


def test_postgresql_freezes_the_same_bins(postgres_url: str) -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"spent": rng.lognormal(size=500), "orders": rng.poisson(0.7, 500), "never": np.nan})
    server: Any = ibis.connect(postgres_url)
    rows = ibis.memtable(frame)
    table = server.create_table("drift_features", rows.mutate(never=rows.never.nullif(float("nan"))))
    try:
        found = freeze_in_engine(table, list(frame.columns))
    finally:
        server.drop_table("drift_features")
        server.disconnect()
    assert found["never"].edges == ()
    for name in ("spent", "orders", "never"):
        ours = frozen_bins(frame[name].to_numpy(dtype=float))
        np.testing.assert_allclose(found[name].edges, ours.edges)
        np.testing.assert_allclose(found[name].shares, ours.shares)


def test_chance_alone_exceeds_its_limit_once_in_a_hundred_times() -> None:
    rng = np.random.default_rng(5)
    exceeded = 0
    for _ in range(600):
        bins = frozen_bins(rng.normal(size=900))
        now = shares_of(rng.normal(size=600), bins.edges)
        exceeded += psi(np.array(bins.shares), now) > psi_by_chance(bins, 600)
    assert 0 <= exceeded <= 14
