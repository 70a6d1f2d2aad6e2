"""What explains the change of revenue between two periods, by channel, part of the baseline and cause; it adds up exactly.

Week i of one period is compared with week i of the other. A channel's change has up to three causes: `spend` (how much, when and
where, that of earlier weeks included where it still acts), `price of exposure` (what the same money bought) and
`effectiveness` (what the same exposure caused). Curves and carry-over are the same in both periods. Causes that act
together are shared out by Shapley values, so that no order of causes favours one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import SpecError
from workbench.mmm.posterior.baseline import BaselineModel
from workbench.mmm.posterior.media import exposure_of
from workbench.mmm.posterior.selection import chosen, weeks_within
from workbench.mmm.posterior.shapley import shapley_shares
from workbench.mmm.posterior.summaries import summarise
from workbench.mmm.posterior.windows import values_of
from workbench.mmm.response import ResponseModel
from workbench.mmm.shapes.adstock import with_history

if TYPE_CHECKING:
    from workbench.mmm.result import MediaMixResult

YEAR = 52
# Impressions rounded to whole ones move the price of exposure by less than this.
PRICE_TOLERANCE = 1e-4
KINDS = ("media", "baseline", "value", "unexplained")
SPEND, PRICE, EFFECTIVENESS = "spend", "price of exposure", "effectiveness"
VALUE, UNEXPLAINED = "value per KPI unit", "unexplained"

type Period = tuple[date | str, date | str]
type Part = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Change:
    """Why revenue changed.

    Attributes:
        before: First and last week of the earlier period.
        after: First and last week of the later period.
        currency: ISO 4217 code.
        revenue_before: Of the earlier period.
        revenue_after: Of the later period.
        parts: `kind` (`media`, `baseline`, `value`, `unexplained`), `component`, `cause` (of media; else empty), and the change
            in currency as `estimate`, `lower`, `upper`; the estimates add up to the change of revenue.
        kinds: The same by `kind` alone.
    """

    before: tuple[pd.Timestamp, pd.Timestamp]
    after: tuple[pd.Timestamp, pd.Timestamp]
    currency: str
    revenue_before: float
    revenue_after: float
    parts: pd.DataFrame
    kinds: pd.DataFrame

    @property
    def whole(self) -> float:
        """Change of revenue, currency."""
        return self.revenue_after - self.revenue_before

    def of_kind(self, kind: str) -> tuple[float, float, float]:
        """Estimate and interval of one kind as a whole."""
        row = self.kinds[self.kinds["kind"] == kind]
        return float(row["estimate"].iloc[0]), float(row["lower"].iloc[0]), float(row["upper"].iloc[0])

    @property
    def before_in_words(self) -> str:
        """The earlier period, where it ends as the later one begins."""
        return "the year before" if self.weeks == YEAR else f"the {self.weeks} weeks before"

    @property
    def weeks(self) -> int:
        """Length of each period."""
        return (self.after[1] - self.after[0]).days // 7 + 1


def change_between(
    result: MediaMixResult,
    before: Period | None = None,
    after: Period | None = None,
    *,
    markets: Sequence[str] | None = None,
    by_cause: bool = False,
) -> Change:
    """Take the change of revenue from one period to another of equal length apart.

    Args:
        result: A fitted media mix.
        before: First and last day; a week belongs to a period if it starts within. Unset for the weeks just before `after`.
        after: First and last day, unset for the last year, or the last half of a shorter history.
        markets: Which, None for all.
        by_cause: Whether each channel has a row a cause, instead of one.

    Raises:
        SpecError: If a period isn't within the data, they differ in length, or a market is unknown.
    """
    weeks = result.weeks
    earlier, later = _periods(weeks, before, after)
    rows = chosen(markets, result.response.markets, "market")
    parts: dict[Part, np.ndarray] = {}
    for m in rows:
        for part, draws in _parts(_MarketChange.of(result, m, earlier, later), by_cause):
            parts[part] = parts.get(part, 0.0) + draws
    revenue = (result.posterior["kpi"].to_numpy() * values_of(result.posterior))[:, rows].sum(axis=1)
    return Change(
        before=(weeks[earlier][0], weeks[earlier][-1]),
        after=(weeks[later][0], weeks[later][-1]),
        currency=result.currency,
        revenue_before=float(revenue[earlier].sum()),
        revenue_after=float(revenue[later].sum()),
        parts=_frame(parts),
        kinds=_frame(_by_kind(parts)).drop(columns=["component", "cause"]),
    )


@dataclass(frozen=True, kw_only=True)
class _MarketChange:
    """One market in two periods of n weeks; pairs are (before, after).

    Attributes:
        response: Of this market alone.
        baseline_names: Parts of the baseline.
        exposure: History before the period's first week and exposure in its weeks, each of shape (L + n, 1, C).
        price_ratio: Exposure per currency, after relative to before, shape (C,); one where it can't be told.
        path: Effectiveness, each of shape (D, n, C).
        baseline: KPI units, each of shape (D, n, part).
        value: Currency per KPI unit, each of shape (n,).
        revenue: Currency in all weeks.
    """

    response: ResponseModel
    baseline_names: tuple[str, ...]
    exposure: tuple[np.ndarray, np.ndarray]
    price_ratio: np.ndarray
    path: tuple[np.ndarray, np.ndarray]
    baseline: tuple[np.ndarray, np.ndarray]
    value: tuple[np.ndarray, np.ndarray]
    revenue: tuple[float, float]

    @classmethod
    def of(cls, result: MediaMixResult, market: int, before: slice, after: slice) -> _MarketChange:
        response = result.response.of_market(market)
        baseline = BaselineModel.from_dataset(result.posterior)
        value = values_of(result.posterior)[:, market]
        revenue = result.posterior["kpi"].to_numpy()[:, market] * value
        path = result.response.path
        return cls(
            response=response,
            baseline_names=baseline.names,
            exposure=(_with_carry_in(response, before), _with_carry_in(response, after)),
            price_ratio=_price_ratio(response, before, after),
            path=(path[:, before], path[:, after]),
            baseline=(baseline.of_market(market, before), baseline.of_market(market, after)),
            value=(value[before], value[after]),
            revenue=(float(revenue[before].sum()), float(revenue[after].sum())),
        )

    @cached_property
    def mean_value(self) -> np.ndarray:
        return (self.value[0] + self.value[1]) / 2

    @cached_property
    def causes(self) -> tuple[str, ...]:
        """Those that could have changed anything."""
        priced = (PRICE,) if not np.allclose(self.price_ratio, 1.0, rtol=PRICE_TOLERANCE) else ()
        return (SPEND, *priced, *((EFFECTIVENESS,) if self.response.effectiveness.any() else ()))

    @cached_property
    def full_effect(self) -> dict[tuple[bool, bool], np.ndarray]:
        """KPI units, (D, n, C), at the last week's effectiveness, by whether spend and price are those of after."""
        before, after = self.exposure
        exposure = {(False, False): before, (True, True): after}
        if PRICE in self.causes:
            exposure |= {(False, True): before * self.price_ratio, (True, False): after / self.price_ratio}
        return {changed: self._of_exposure(values) for changed, values in exposure.items()}

    def media(self, changed: frozenset[str]) -> np.ndarray:
        """KPI units once these causes have changed, (D, n, C)."""
        spend = SPEND in changed
        price = PRICE in changed if PRICE in self.causes else spend
        return self.full_effect[spend, price] * self.path[EFFECTIVENESS in changed]

    def _of_exposure(self, full: np.ndarray) -> np.ndarray:
        history = self.response.carry_over_weeks
        return self.response.kpi_of_exposure(full[history:], full[:history])[:, :, 0]


def _parts(change: _MarketChange, by_cause: bool) -> Iterator[tuple[Part, np.ndarray]]:
    """Currency of each part in each draw, shape (D,)."""
    media = (change.media(frozenset()), change.media(frozenset(change.causes)))
    units = [m.sum(axis=-1) + b.sum(axis=-1) for m, b in zip(media, change.baseline, strict=True)]
    for cause, draws in _media_by_cause(change, by_cause).items():
        for c, name in enumerate(change.response.channels):
            yield ("media", name, cause), draws[:, c]
    baseline = np.einsum("dtp,t->dp", change.baseline[1] - change.baseline[0], change.mean_value)
    for p, name in enumerate(change.baseline_names):
        yield ("baseline", name, ""), baseline[:, p]
    if not np.array_equal(*change.value):
        yield ("value", VALUE, ""), (units[0] + units[1]) / 2 @ (change.value[1] - change.value[0])
    fitted = units[1] @ change.value[1] - units[0] @ change.value[0]
    yield ("unexplained", UNEXPLAINED, ""), change.revenue[1] - change.revenue[0] - fitted


def _media_by_cause(change: _MarketChange, by_cause: bool) -> dict[str, np.ndarray]:
    """Currency, (D, C), by cause; of all causes together under an empty name."""

    def money(changed: frozenset[str]) -> np.ndarray:
        return np.einsum("dtc,t->dc", change.media(changed), change.mean_value)

    if not by_cause:
        return {"": money(frozenset(change.causes)) - money(frozenset())}
    return shapley_shares(money, change.causes)


def _with_carry_in(response: ResponseModel, weeks: slice) -> np.ndarray:
    return with_history(*exposure_of(response, weeks), response.carry_over_weeks)


def _price_ratio(response: ResponseModel, before: slice, after: slice) -> np.ndarray:
    fitted = slice(-response.fitted_weeks, None)
    spend, exposure = response.spend_history[fitted, 0], response.exposure_history[fitted, 0]
    totals = [of[period].sum(axis=0) for period in (before, after) for of in (spend, exposure)]
    known = np.all([total > 0 for total in totals], axis=0)
    spent_before, bought_before, spent_after, bought_after = (np.where(known, total, 1.0) for total in totals)
    return (bought_after / spent_after) / (bought_before / spent_before)


def _periods(weeks: pd.DatetimeIndex, before: Period | None, after: Period | None) -> tuple[slice, slice]:
    length = min(YEAR, len(weeks) // 2)
    later = weeks_within(weeks, *after) if after else slice(len(weeks) - length, len(weeks))
    length = later.stop - later.start
    if before is None and later.start < length:
        raise SpecError(
            f"only {later.start} weeks lie before the {length} weeks of the later period; name an earlier period as long"
        )
    earlier = weeks_within(weeks, *before) if before else slice(later.start - length, later.start)
    if earlier.stop - earlier.start != length:
        raise SpecError(
            f"the periods have {earlier.stop - earlier.start} and {length} weeks; only periods of equal length compare"
        )
    return earlier, later


def _by_kind(parts: dict[Part, np.ndarray]) -> dict[Part, np.ndarray]:
    """Parts that the draws move together have one interval."""
    totals: dict[Part, np.ndarray] = {}
    for (kind, _, _), draws in parts.items():
        totals[kind, "", ""] = totals.get((kind, "", ""), 0.0) + draws
    return totals


def _frame(parts: dict[Part, np.ndarray]) -> pd.DataFrame:
    keys = pd.DataFrame(list(parts), columns=["kind", "component", "cause"])
    estimate, lower, upper = summarise(np.stack(list(parts.values()), axis=1))
    frame = keys.assign(estimate=estimate, lower=lower, upper=upper)
    return frame.sort_values("kind", key=lambda kind: kind.map(KINDS.index), kind="stable", ignore_index=True)
