"""Plan a geo test: which markets to treat, for how long, and what it takes to see an effect."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.errors import DataError, InfeasiblePlan, SpecError
from workbench.experiments.geo.candidates import MarketChoice, candidate_groups
from workbench.experiments.geo.grid import market_grid
from workbench.experiments.geo.power import PretendedTests, lift_tests, pretend, screened_lift
from workbench.experiments.geo.synthetic_control import fit_synthetic_control, imbalance
from workbench.experiments.geo.window import days_per_period
from workbench.experiments.result import typed_frame
from workbench.wording import money, percent

DESIGN_COLUMNS = {
    "rank": "int64",
    "markets": "str",
    "periods": "int64",
    "days": "int64",
    "share": "float64",
    "minimum_lift": "float64",
    "minimum_effect": "float64",
    "budget": "float64",
    "power": "float64",
    "false_positive_rate": "float64",
    "scaled_l2": "float64",
    "placebo_lift": "float64",
}
POWER_COLUMNS = {"rank": "int64", "lift": "float64", "power": "float64"}
STEPS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.7, 1.9, 2.2, 2.5, 2.8, 3.2)


@dataclass(frozen=True, kw_only=True)
class GeoGoal:
    """What a geo test is to show, with which means.

    Attributes:
        durations: Lengths to try, in periods of the history.
        power: Probability of seeing the minimum lift.
        confidence: Level of the readout's interval.
        largest_lift: The largest lift of the treated markets' KPI that the channel could make.
        spend_per_kpi: What one more unit of the KPI costs in spend, such as 1 / return where it is revenue; None if unknown.
        budget: Most that may be spent, None for no limit.
        shortlist: How many designs to simulate in full.
        markets: What is asked of the treated group.
    """

    durations: tuple[int, ...]
    power: float = 0.8
    confidence: float = 0.9
    largest_lift: float = 0.2
    spend_per_kpi: float | None = None
    budget: float | None = None
    shortlist: int = 10
    markets: MarketChoice = field(default_factory=MarketChoice)


@dataclass(frozen=True, kw_only=True)
class GeoDesign:
    """The designs worth choosing from.

    Attributes:
        designs: One row a design, the one that needs the smallest effect first: `DESIGN_COLUMNS`. `minimum_effect` is the KPI
            that a lift of `minimum_lift` is in total, `budget` what that costs; `power` is the share of pretended tests in the
            history that see it, `false_positive_rate` the share that see an effect without one, `placebo_lift` what the last
            such test found where nothing was.
        power: Simulated power at several lifts of each design: `POWER_COLUMNS`.
        candidates: How many designs were screened.
        days_per_period: 1 for days, 7 for weeks.
    """

    designs: pd.DataFrame
    power: pd.DataFrame
    candidates: int
    days_per_period: int


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One group of markets and one duration, with the lift that it needs.

    Attributes:
        tests: Pretended tests of the duration.
        group: Positions of the treated markets.
        lift: Smallest lift that is seen often enough; infinite where none is.
        power: Simulated power by lift, empty after the first look.
    """

    tests: PretendedTests
    group: tuple[int, ...]
    lift: float
    power: Mapping[float, float] = field(default_factory=dict)

    @property
    def effect(self) -> float:
        """KPI that the lift is in total, in as long a time as the test, the last of the history."""
        return self.lift * float(self.tests.kpi[-self.tests.length :, list(self.group)].sum())


def design_geo(history: pd.DataFrame, goal: GeoGoal, *, currency: str, seed: int) -> GeoDesign:
    """Choose treated markets and duration by power that is simulated on history.

    All groups are screened with every block of history as a pretended test; the readout's own inference then runs on those that
    need the smallest effect, and so the smallest budget at the same return.

    Args:
        history: Columns date, market, kpi: times without a test.
        goal: What the test is to show.
        currency: ISO 4217 code, for errors.
        seed: Of the random groups.

    Raises:
        DataError: If the history has gaps, or is shorter than three times the longest test.
        SpecError: If a required or excluded market is unknown, or no group meets the demands.
        InfeasiblePlan: If no design sees a lift that the channel could make, or that the budget pays.
    """
    grid = market_grid(history, "history")
    days = days_per_period(pd.DatetimeIndex(grid.index), "history")
    kpi, names = grid.to_numpy(dtype=float), [str(name) for name in grid.columns]
    _require_history(len(kpi), goal)
    groups = candidate_groups(kpi, names, goal.markets, np.random.default_rng(seed))
    screened = [design for duration in goal.durations for design in _screen(kpi, groups, duration, goal)]
    simulated = [_simulate(design, goal) for design in _within_means(screened, goal, names, currency)[: goal.shortlist]]
    chosen = _within_means([design for design in simulated if design.lift > 0], goal, names, currency)
    curves = [{"rank": rank, **point} for rank, design in enumerate(chosen, 1) for point in _curve(design)]
    return GeoDesign(
        designs=typed_frame(
            [{"rank": rank, **_row(design, names, goal, days)} for rank, design in enumerate(chosen, 1)], DESIGN_COLUMNS
        ),
        power=typed_frame(curves, POWER_COLUMNS),
        candidates=len(screened),
        days_per_period=days,
    )


def placebo_fit(kpi: np.ndarray, group: Sequence[int], length: int) -> tuple[float, float]:
    """Scaled imbalance before the last `length` periods of history, and the relative effect in them, where there was none."""
    treated, donors = kpi[:, list(group)].mean(axis=1), np.delete(kpi, list(group), axis=1)
    control = fit_synthetic_control(treated[:-length], donors[:-length])
    expected = float(control.predict(donors)[-length:].mean())
    _, scaled = imbalance(treated[:-length], donors[:-length], control)
    return scaled, float(treated[-length:].mean()) / expected - 1 if expected > 0 else math.nan


def _screen(kpi: np.ndarray, groups: Sequence[tuple[int, ...]], duration: int, goal: GeoGoal) -> list[Candidate]:
    tests = pretend(kpi, duration, 1 - goal.confidence)
    return [Candidate(tests=tests, group=group, lift=screened_lift(tests, group, goal.power)) for group in groups]


def _simulate(design: Candidate, goal: GeoGoal) -> Candidate:
    """Search the steps around the screened lift, and half of it, for the smallest that the readout sees often enough."""
    lifted, lifts = lift_tests(design.tests, design.group), design.lift * np.array(STEPS)
    power = {lift: lifted.power(lift) for lift in (0.0, design.lift / 2)}
    below, above = -1, len(lifts)
    while above - below > 1:
        middle = (below + above) // 2
        power[lifts[middle]] = lifted.power(lifts[middle])
        below, above = (below, middle) if power[lifts[middle]] >= goal.power else (middle, above)
    lift = float(lifts[above]) if above < len(lifts) else math.inf
    return Candidate(tests=design.tests, group=design.group, lift=lift, power=power)


def _within_means(designs: Sequence[Candidate], goal: GeoGoal, names: Sequence[str], currency: str) -> list[Candidate]:
    """Designs that need no larger lift and no larger budget than there may be, the smallest effect first."""
    possible = [design for design in designs if 0 < design.lift <= goal.largest_lift]
    if not possible:
        best = min(designs, key=lambda design: design.lift)
        raise InfeasiblePlan(
            f"no design sees a lift of {percent(goal.largest_lift)} with {percent(goal.power, 0)} power: the best, "
            f"{_named(best, names)}, needs {percent(best.lift) if math.isfinite(best.lift) else 'far more'}; "
            "try more markets, longer durations or a longer history"
        )
    order = sorted(possible, key=lambda design: (design.effect, design.lift))
    cost, budget = goal.spend_per_kpi, math.inf if goal.budget is None else goal.budget
    within = [design for design in order if cost is None or cost * design.effect <= budget]
    if not within:
        raise InfeasiblePlan(
            f"a budget of {money(budget, currency)} is too small: the cheapest design, {_named(order[0], names)}, takes "
            f"{money((cost or 0) * order[0].effect, currency)}; raise it, or accept less power"
        )
    return within


def _row(design: Candidate, names: Sequence[str], goal: GeoGoal, days: int) -> dict[str, object]:
    kpi, length = design.tests.kpi, design.tests.length
    scaled_l2, placebo_lift = placebo_fit(kpi, design.group, length)
    return {
        "markets": ";".join(names[market] for market in design.group),
        "periods": length,
        "days": length * days,
        "share": float(kpi[:, list(design.group)].sum() / kpi.sum()),
        "minimum_lift": design.lift,
        "minimum_effect": design.effect,
        "budget": math.nan if goal.spend_per_kpi is None else goal.spend_per_kpi * design.effect,
        "power": design.power[design.lift],
        "false_positive_rate": design.power[0.0],
        "scaled_l2": scaled_l2,
        "placebo_lift": placebo_lift,
    }


def _curve(design: Candidate) -> list[dict[str, object]]:
    return [{"lift": lift, "power": power} for lift, power in sorted(design.power.items())]


def _named(design: Candidate, names: Sequence[str]) -> str:
    return f"{', '.join(names[market] for market in design.group)} over {design.tests.length} periods"


def _require_history(periods: int, goal: GeoGoal) -> None:
    longest, needed = max(goal.durations), math.ceil(1 / (1 - goal.confidence) - 1e-9)
    if periods < 3 * longest or periods < needed:
        raise DataError(
            f"the history holds {periods} periods; designing tests of {longest} takes three times as many and "
            f"{needed} at {goal.confidence:.0%} confidence: add history, or try shorter tests"
        )
    if goal.budget is not None and goal.spend_per_kpi is None:
        raise SpecError(
            "a budget limits nothing while spend_per_kpi is unknown; name what one more unit of the KPI costs"
        )
