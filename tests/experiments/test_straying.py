"""How often restless untreated markets are seen, and what the gate behind that leaves of false claims, over null panels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pytest

from workbench.config import GeoExperiment
from workbench.experiments import ExperimentResult, read_out_geo
from workbench.experiments.geo.conformal import suppose_effects
from workbench.experiments.geo.panel import GeoPanel
from workbench.experiments.geo.placebos import pretend_tests
from workbench.experiments.geo.straying import measure_straying
from workbench.experiments.geo.synthetic_control import fit_synthetic_control
from workbench.result import Check, Provenance

from .conftest import geo_world

TESTED = 5


@dataclass(frozen=True)
class Rates:
    """Shares of null panels."""

    restless: float
    as_far_by_chance: float
    claims: float
    claims_behind_the_gate: float


def null_panel(seed: int, drift: float) -> GeoPanel:
    """Nine donors and one treated market over 40 days; with drift, each market's level is a random walk of its own."""
    frame = geo_world(seed=seed, periods=40, tested=TESTED, donors=9)
    kpi = frame.pivot(index="date", columns="market", values="kpi")
    steps = np.random.default_rng(100_000 + seed).normal(scale=drift, size=kpi.shape)
    kpi = kpi + steps.cumsum(axis=0)
    return GeoPanel(
        dates=pd.DatetimeIndex(kpi.index),
        treated=kpi[["treated0"]].to_numpy(),
        treated_names=("treated0",),
        donors=kpi.drop(columns="treated0").to_numpy(),
        donor_names=tuple(kpi.columns.drop("treated0")),
        tested=np.arange(40) >= 40 - TESTED,
        days_per_period=1,
        periods_planned=TESTED,
    )


def rates(drift: float, worlds: int) -> Rates:
    rows = []
    for seed in range(worlds):
        panel = null_panel(2_000 + seed, drift)
        control = fit_synthetic_control(panel.mean_treated[~panel.tested], panel.donors[~panel.tested])
        gap = (panel.mean_treated - control.predict(panel.donors))[panel.tested].mean()
        straying = pretend_tests(panel, None, float(gap)).straying
        claimed = suppose_effects(panel.mean_treated, panel.donors, panel.tested).p_value() <= 0.1
        restless, usual = straying.p_value <= 0.05, straying.rank_p_value > 0.1
        assert restless == (straying.tested > straying.most)
        rows.append((restless, not usual, claimed, claimed and not (restless and usual)))
    return Rates(*np.mean(rows, axis=0))


@pytest.mark.slow
def test_quiet_markets_fail_once_in_twenty() -> None:
    found = rates(drift=0.0, worlds=250)
    # Nominal plus and minus 2.5 binomial standard errors.
    assert 0.016 <= found.restless <= 0.084
    assert 0.053 <= found.as_far_by_chance <= 0.147
    assert found.claims_behind_the_gate <= found.claims <= 0.147


@pytest.mark.slow
def test_drifting_markets_are_seen_and_their_false_claims_held_back() -> None:
    found = rates(drift=1.0, worlds=120)
    assert found.claims > 0.25
    assert found.restless > 0.3
    # The rank among markets that all drift is still right.
    assert found.as_far_by_chance <= 0.168
    assert found.claims_behind_the_gate < 0.75 * found.claims


def test_straying_is_each_market_beside_its_own_usual() -> None:
    rng = np.random.default_rng(3)
    gaps, before = rng.normal(size=(30, 4)), rng.normal(size=(25, 4))
    plain = measure_straying(gaps, before, 2.0, before[:, 0])
    scales = np.array([1, 10, 100, 1_000])
    scaled = measure_straying(gaps * scales, before * scales, -14.0, 7 * before[:, 0])
    np.testing.assert_allclose(scaled.by_block, plain.by_block)
    assert np.mean(plain.by_block**2) == pytest.approx(1)
    np.testing.assert_allclose(scaled.untreated, np.abs(gaps[0]) / np.sqrt(np.mean(before**2, axis=0)))
    assert scaled.treated == pytest.approx(plain.treated) == pytest.approx(2 / np.sqrt(np.mean(before[:, 0] ** 2)))
    assert plain.rank_p_value == (1 + np.sum(scaled.untreated >= scaled.treated)) / 5


def test_the_walkthroughs_rank_is_that_of_abadies_ratio(walkthrough: pd.DataFrame) -> None:
    """Oracle: root mean square gaps of days in the test over those before, one fit a city: 7 of 38 cities have a larger one."""
    spec = GeoExperiment(kind="geo", treated=("chicago", "portland"), start=date(2021, 4, 1), end=date(2021, 4, 15))
    kpi = walkthrough.pivot(index="date", columns="market", values="kpi")
    tested = pd.to_datetime(kpi.index) >= pd.Timestamp(spec.start)
    donors = kpi.drop(columns=list(spec.treated))

    def ratio(target: pd.Series, others: pd.DataFrame) -> float:
        control = fit_synthetic_control(target[~tested].to_numpy(), others[~tested].to_numpy())
        squares = (target - control.predict(others.to_numpy())) ** 2
        return float(squares[tested].mean() / squares[~tested].mean())

    real = ratio(kpi[list(spec.treated)].mean(axis=1), donors)
    larger = sum(ratio(donors[city], donors.drop(columns=city)) >= real for city in donors)
    result = read_out_geo(walkthrough, "walkthrough", spec, provenance=Provenance(), currency="USD")
    assert larger == 7
    assert check_of(result, "stands_out").value == pytest.approx((1 + larger) / 39)


SPEC = GeoExperiment(kind="geo", treated=("treated0",), start=date(2024, 2, 12), end=date(2024, 2, 19), channel="tv")


def read(frame: pd.DataFrame, spec: GeoExperiment = SPEC) -> ExperimentResult:
    return read_out_geo(frame, "simulated", spec, provenance=Provenance(), currency="EUR")


def check_of(result: ExperimentResult, name: str) -> Check:
    return next(check for check in result.checks if check.name == name)


def shaken(effect: float) -> pd.DataFrame:
    """All untreated markets jump by 6 up or down as the test begins."""
    frame = geo_world(seed=702, periods=50, tested=8, donors=12, effect=effect)
    rng = np.random.default_rng(1)
    moved = frame.market.map({name: rng.choice([-6.0, 6.0]) for name in sorted(frame.market.unique())})
    untreated = frame.market != "treated0"
    return frame.assign(kpi=frame.kpi + moved * (untreated & (frame.date >= "2024-02-12")))


def test_an_effect_no_larger_than_what_untreated_markets_do_is_no_proof() -> None:
    result = read(shaken(effect=4.0))
    assert check_of(result, "placebo_in_space").passed is False
    assert check_of(result, "stands_out").passed is False
    assert (result.verdict, result.decided_by) == ("inconclusive", "stands_out")
    assert result.lift.empty
    assert (
        "untreated markets strayed as far during the test as the treated ones lie from no effect" in result.findings[0]
    )
    assert result.findings[1].startswith("Be careful: during the test untreated markets strayed ")


def test_an_effect_beyond_what_untreated_markets_do_stands_with_a_warning() -> None:
    result = read(shaken(effect=60.0))
    assert check_of(result, "placebo_in_space").passed is False
    assert check_of(result, "stands_out").passed is True
    assert (result.verdict, result.decided_by) == ("ship", "effect")
    assert result.findings[1].startswith("Be careful: ")


def test_what_must_stand_out_is_the_profit_where_spend_is_known() -> None:
    # 60 a day over 8 days bring 480: with 450 spent, little is left.
    spec = SPEC.model_copy(update={"spend_change": 450.0})
    result = read(shaken(effect=60.0), spec)
    assert check_of(result, "stands_out").passed is False
    assert "lie from breaking even" in check_of(result, "stands_out").detail


def test_too_short_a_time_tells_nothing_about_others() -> None:
    frame = geo_world(seed=5, periods=16, tested=4)
    result = read(frame, SPEC.model_copy(update={"start": date(2024, 1, 13), "end": date(2024, 1, 16)}))
    for name in ("placebo_in_time", "placebo_in_space", "stands_out"):
        assert check_of(result, name).passed is None, name
    assert "too few to tell" in check_of(result, "placebo_in_space").detail


def test_one_untreated_market_tells_nothing_about_others() -> None:
    frame = geo_world(seed=5, periods=50, tested=8, donors=1)
    assert check_of(read(frame), "placebo_in_space").passed is None
