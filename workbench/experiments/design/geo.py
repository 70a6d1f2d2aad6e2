"""Plan a test on markets from their history: which ones, for how long, with what budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd
from scipy import stats

from workbench.config import GeoExperiment
from workbench.errors import DataError, InfeasiblePlan
from workbench.experiments.design.result import MARKET_COLUMNS, DesignResult
from workbench.experiments.design.sizing import Goal
from workbench.experiments.geo.candidates import MarketChoice
from workbench.experiments.geo.design import GeoDesign, GeoGoal, design_geo
from workbench.experiments.geo.grid import market_grid
from workbench.experiments.geo.power import WINDOWS
from workbench.experiments.geo.window import days_per_period
from workbench.result import Check, Estimate, Provenance, estimates_frame
from workbench.wording import money, named, number, one, percent

DAYS = 7
LARGEST_LIFT = 0.3
LONGEST_SHARE = 3
SURPLUS = 1e-9
NAMED = 12
SHARES = (0.1, 0.2, 0.33)


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """What is known of the channel.

    Attributes:
        expected_return: Value, in currency, that one unit of currency spent is expected to bring.
        budget: Most that may be spent, 0 for no limit.
    """

    expected_return: float = 1.0
    budget: float = 0.0


def design_markets(
    geo: pd.DataFrame,
    name: str,
    spec: GeoExperiment,
    goal: Goal,
    campaign: Campaign,
    *,
    weeks: int,
    provenance: Provenance,
    currency: str,
    seed: int,
) -> DesignResult:
    """Choose markets and duration.

    Args:
        geo: The markets' KPI: date, market, kpi. What lies after the start of the earlier test is left out.
        name: The declared test that the new one is planned like.
        spec: Its confidence, and what its KPI is worth.
        goal: The lift of the treated markets to find, with which power, in which time.
        campaign: What is known of the channel.
        weeks: Shortest duration to try; its double and triple are tried too.
        provenance: Where the history came from.
        currency: ISO 4217 code.
        seed: Of the groups that are tried at random.

    Raises:
        DataError: If the history has gaps or is too short.
        InfeasiblePlan: If no design sees any lift that a channel could make, or the budget is too small.
    """
    history = geo[pd.to_datetime(geo.date) < pd.Timestamp(spec.start)]
    if history.empty:
        raise DataError(f"geo holds no days before {name} started ({spec.start}); add the time before the test")
    per_period = days_per_period(pd.DatetimeIndex(market_grid(history, "history").index), "history")
    asked = GeoGoal(
        durations=_durations(history, weeks, goal, per_period),
        power=goal.power,
        confidence=spec.confidence,
        largest_lift=goal.effect,
        spend_per_kpi=spec.value_per_kpi / campaign.expected_return,
        budget=campaign.budget or None,
        markets=MarketChoice(sizes=_sizes(history.market.nunique())),
    )
    found = _best_designs(history, asked, currency, seed)
    designs = found.designs.assign(weeks=found.designs.days / DAYS)[list(MARKET_COLUMNS)].astype(MARKET_COLUMNS)
    lifts = found.power
    return DesignResult(
        title=f"Experiment design: {named(name)}",
        estimates=estimates_frame(_estimates(designs, currency)),
        checks=tuple(_checks(designs, goal, spec)),
        findings=tuple(_findings(designs, lifts, campaign, spec, currency)),
        provenance=provenance,
        kind="geo",
        experiment_id=name,
        currency=currency,
        markets=designs,
        lifts=lifts,
    )


def _best_designs(history: pd.DataFrame, asked: GeoGoal, currency: str, seed: int) -> GeoDesign:
    """Designs that see the lift that is asked for; where there are none, those that need the smallest effect."""
    try:
        return design_geo(history, asked, currency=currency, seed=seed)
    except InfeasiblePlan:
        return design_geo(history, replace(asked, largest_lift=LARGEST_LIFT), currency=currency, seed=seed)


def _sizes(markets: int) -> tuple[int, ...]:
    """From two markets to a third of all."""
    return tuple(sorted({2, *(max(2, round(share * markets)) for share in SHARES)}))


def _durations(history: pd.DataFrame, weeks: int, goal: Goal, per_period: int) -> tuple[int, ...]:
    periods = history.date.nunique()
    tried = [factor * weeks * DAYS // per_period for factor in (1, 2, 3) if factor * weeks <= goal.most_weeks]
    possible = tuple(length for length in tried if 0 < LONGEST_SHARE * length <= periods)
    if not possible:
        raise InfeasiblePlan(
            f"no test of {weeks} weeks fits: it may take {number(goal.most_weeks)} weeks, and three times its length must lie in the "
            f"history of {number(periods * per_period / DAYS)} weeks; plan fewer weeks or add history"
        )
    return possible


def _findings(
    designs: pd.DataFrame, lifts: pd.DataFrame, campaign: Campaign, spec: GeoExperiment, currency: str
) -> Iterator[str]:
    best = designs.iloc[0]
    worth = best.minimum_effect * spec.value_per_kpi
    yield (
        f"Change spend in {_listed(best.markets.split(';'))} for {number(best.weeks)} weeks, and leave the others as comparison: a lift of "
        f"{percent(best.minimum_lift)} in those markets is seen with {percent(best.power, 0)} probability."
    )
    yield (
        f"It takes {money(best.budget, currency)} of spend, if {one(currency)} brings {money(campaign.expected_return, currency)}: the lift is worth "
        f"{money(worth, currency)} over the test; a channel that brings half as much takes twice the spend."
    )
    of_best = lifts[(lifts["rank"] == best["rank"]) & (lifts.lift > 0)]
    smaller = of_best[of_best.lift <= 0.7 * best.minimum_lift]
    if len(smaller):
        seen = smaller.iloc[-1]
        yield (
            f"A lift of {percent(seen.lift)}, about half of that, would be seen in {percent(seen.power, 0)} of such tests; seeing it more often takes "
            "more or steadier markets, or more weeks."
        )
    others = designs[designs.weeks != best.weeks]
    if len(others):
        other = others.iloc[0]
        yield (
            f"In {number(other.weeks)} weeks it takes a lift of {percent(other.minimum_lift)} in {_listed(other.markets.split(';'))}, and "
            f"{money(other.budget, currency)}."
        )


def _checks(designs: pd.DataFrame, goal: Goal, spec: GeoExperiment) -> Iterator[Check]:
    best = designs.iloc[0]
    within = bool(best.minimum_lift <= goal.effect + SURPLUS)
    mend = "" if within else "; spend more, test longer, or treat more markets"
    yield Check(
        name="lift_within_reach",
        passed=within,
        value=best.minimum_lift,
        threshold=goal.effect,
        detail=f"The smallest lift that is seen is {percent(best.minimum_lift)}, the one to find is {percent(goal.effect)}{mend}.",
    )
    allowed = 1 - spec.confidence
    claims = round(best.false_positive_rate * WINDOWS)
    interval = stats.binomtest(claims, WINDOWS).proportion_ci(0.95, method="exact")
    sound = bool(interval.low <= allowed)
    mend = "" if sound else "; take the next design"
    yield Check(
        name="aa_replay pretended tests",
        passed=sound,
        value=best.false_positive_rate,
        threshold=allowed,
        detail=(
            f"{percent(best.false_positive_rate, 0)} ({percent(interval.low, 0)} to {percent(interval.high, 0)}) of pretended tests in "
            f"the history saw an effect where there was none, where about {percent(allowed, 0)} may{mend}."
        ),
    )


def _estimates(designs: pd.DataFrame, currency: str) -> Iterator[Estimate]:
    for row in designs.to_dict("records"):
        entity = f"{row['rank']}: {str(row['markets']).replace(';', ', ')}, {number(float(row['weeks']))} weeks"
        yield Estimate(quantity="minimum_lift", entity=entity, estimate=float(row["minimum_lift"]), unit="%")
        yield Estimate(quantity="budget", entity=entity, estimate=float(row["budget"]), unit=currency)


def _listed(names: list[str]) -> str:
    shown = names[:NAMED] + ([f"{len(names) - NAMED} more"] if len(names) > NAMED else [])
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
