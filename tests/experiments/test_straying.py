"""How often restless untreated markets are seen, and what widened intervals leave of false claims, over simulated panels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.config import GeoExperiment
from workbench.experiments import ExperimentResult, read_out_geo
from workbench.experiments.geo.conformal import suppose_effects
from workbench.experiments.geo.panel import GeoPanel
from workbench.experiments.geo.placebos import pretend_tests
from workbench.experiments.geo.straying import Straying, measure_straying
from workbench.experiments.geo.synthetic_control import fit_synthetic_control
from workbench.result import Check, Provenance

from .conftest import geo_world

TESTED = 5


@dataclass(frozen=True)
class Rates:
    """Shares of simulated panels.

    Attributes:
        restless: Whose untreated markets strayed unusually far.
        as_far_by_chance: Whose treated market ranks among the most straying tenth.
        plain: Whose interval by other times excludes zero.
        widened: Whose deciding interval does.
        ranked: As `plain`, unless restless and the treated market isn't among the most straying tenth.
    """

    restless: float
    as_far_by_chance: float
    plain: float
    widened: float
    ranked: float


def simulate_panel(seed: int, *, drift: float = 0.0, shock: float = 0.0, effect: float = 0.0) -> GeoPanel:
    """Nine donors and one treated market over 40 days.

    Args:
        seed: Of the world.
        drift: Each market's level is a random walk of its own with steps of this size.
        shock: Each market's level jumps by this size, up or down, as the test begins, the treated one's too.
        effect: True effect per day.
    """
    frame = geo_world(seed=seed, periods=40, tested=TESTED, donors=9, effect=effect)
    kpi = frame.pivot(index="date", columns="market", values="kpi")
    rng = np.random.default_rng(100_000 + seed)
    kpi = kpi + rng.normal(scale=drift, size=kpi.shape).cumsum(axis=0)
    kpi.iloc[-TESTED:] += rng.normal(scale=shock, size=kpi.shape[1])
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


def rates(worlds: int, **world: float) -> Rates:
    rows = []
    for seed in range(worlds):
        panel = simulate_panel(2_000 + seed, **world)
        control = fit_synthetic_control(panel.mean_treated[~panel.tested], panel.donors[~panel.tested])
        gap = float((panel.mean_treated - control.predict(panel.donors))[panel.tested].mean())
        straying = pretend_tests(panel, None).straying
        supposed = suppose_effects(panel.mean_treated, panel.donors, panel.tested)
        plain, widened = (supposed.p_value(gap - gap / factor) <= 0.1 for factor in (1.0, straying.widening(0.9)))
        rare = straying.rank_p_value(gap) <= 0.1
        assert straying.restless == (straying.tested > straying.most)
        rows.append((straying.restless, rare, plain, widened, plain and (rare or not straying.restless)))
    return Rates(*np.mean(rows, axis=0))


@pytest.mark.slow
def test_quiet_markets_fail_once_in_twenty() -> None:
    found = rates(150)
    # Nominal plus and minus 2.5 binomial standard errors.
    assert 0.005 <= found.restless <= 0.095
    assert 0.039 <= found.as_far_by_chance <= 0.161
    assert found.widened <= found.plain <= 0.161


@pytest.mark.slow
def test_an_effect_in_quiet_markets_is_found_as_often() -> None:
    found = rates(60, effect=1.5)
    assert found.plain > 0.5
    assert found.widened >= found.plain - 0.06


@pytest.mark.slow
@pytest.mark.parametrize("world", [{"drift": 1.0}, {"shock": 2.0}])
def test_false_claims_in_restless_times_are_held_back(world: dict[str, float]) -> None:
    found = rates(80, **world)
    assert found.restless > 0.3
    # The rank among markets that are all restless is still right, and widening does no worse.
    assert found.as_far_by_chance <= 0.184
    assert found.plain > 0.25
    assert found.widened < 0.75 * found.plain
    assert found.widened <= found.ranked + 0.03


def test_straying_is_each_market_beside_its_own_usual() -> None:
    rng = np.random.default_rng(3)
    gaps, before = rng.normal(size=(30, 4)), rng.normal(size=(25, 4))
    disjoint = ~np.eye(30, dtype=bool)
    plain = measure_straying(gaps, disjoint, before, before[:, 0])
    scales = np.array([1, 10, 100, 1_000])
    scaled = measure_straying(gaps * scales, disjoint, before * scales, 7 * before[:, 0])
    np.testing.assert_allclose(scaled.by_block, plain.by_block)
    np.testing.assert_allclose(scaled.untreated, np.abs(gaps[0]) / np.sqrt(np.mean(before**2, axis=0)))
    larger = np.sum(scaled.untreated >= 2 / np.sqrt(np.mean(before[:, 0] ** 2)))
    assert scaled.rank_p_value(-14.0) == plain.rank_p_value(2.0) == (1 + larger) / 5


def test_a_block_stands_beside_those_that_share_no_period_with_it() -> None:
    panel = simulate_panel(7, shock=2.0)
    found = pretend_tests(panel, None).straying
    gaps = np.empty((40, 9))
    for first in range(40):
        block = np.isin(np.arange(40), (first + np.arange(TESTED)) % 40)
        for market in range(9):
            own, others = panel.donors[:, market], np.delete(panel.donors, market, axis=1)
            control = fit_synthetic_control(own[~block], others[~block])
            gaps[first, market] = (own - control.predict(others))[block].mean()
    usual = np.sqrt((gaps[: 35 - TESTED + 1] ** 2).mean(axis=0))
    assert found.tested == pytest.approx(np.sqrt(np.mean((gaps[35] / usual) ** 2)))


def test_widening_begins_where_straying_is_unusual() -> None:
    many = Straying(by_block=np.linspace(1.5, 0.5, 40), untreated=np.ones(3), treated_usual=1.0, freedom=np.inf)
    assert (many.restless, many.widening(0.9)) == (True, pytest.approx(1.5))
    # Student's 95% quantile with 9 degrees of freedom, beside the normal 1.645.
    assert replace(many, freedom=9.0).widening(0.9) == pytest.approx(1.5 * 1.833 / 1.645, rel=1e-3)
    assert replace(many, by_block=np.append(many.by_block[20:], many.by_block[:20])).widening(0.9) == 1.0
    assert replace(many, by_block=many.by_block[:19]).widening(0.9) == 1.0


def test_independent_normal_markets_have_their_number_as_degrees_of_freedom() -> None:
    gaps = np.random.default_rng(4).normal(size=(4_000, 6))
    found = measure_straying(gaps, ~np.eye(4_000, dtype=bool), gaps[:10], gaps[:10, 0])
    assert found.freedom == pytest.approx(6, rel=0.1)


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
    result = read(shaken(effect=4.0), SPEC.model_copy(update={"spend_change": 10.0}))
    assert check_of(result, "placebo_in_space").passed is False
    assert (result.verdict, result.decided_by) == ("inconclusive", "profit")
    assert result.findings[1].startswith("During the test untreated markets strayed ")
    assert (
        result.estimate("p_value_by_other_times", "simulated").estimate
        <= 0.1
        < result.estimate("p_value", "simulated").estimate
    )
    # Wide, but evidence: the media mix reads it.
    shown = result.estimate("incremental", "simulated")
    assert result.lift.lift_se.item() == pytest.approx((shown.upper - shown.lower) / 2 / stats.norm.ppf(0.95))


def test_an_effect_beyond_what_untreated_markets_do_stands() -> None:
    result = read(shaken(effect=60.0))
    assert check_of(result, "placebo_in_space").passed is False
    assert (result.verdict, result.decided_by) == ("ship", "effect")
    assert result.estimate("p_value", "simulated").estimate <= 0.1
    assert result.findings[1].startswith("During the test untreated markets strayed ")


def test_what_must_hold_in_a_restless_time_is_the_profit_where_spend_is_known() -> None:
    # 60 a day over 8 days bring 480: with 450 spent, little is left.
    result = read(shaken(effect=60.0), SPEC.model_copy(update={"spend_change": 450.0}))
    assert (result.verdict, result.decided_by) == ("inconclusive", "profit")
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
