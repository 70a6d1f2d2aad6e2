"""What a media-mix analysis found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import pandas as pd
import xarray as xr

from workbench.errors import DataError
from workbench.mmm.posterior.change import Change, Period, change_between
from workbench.mmm.posterior.windows import returns_in_window
from workbench.mmm.response import ResponseModel
from workbench.mmm.saved_lifts import tells_lift_effects
from workbench.result import LATER, Result

_MADE_OF_POSTERIOR = ("response", "weeks", "last_change")
_READ_OF_POSTERIOR = {field.name for field in fields(ResponseModel)} - {"markets", "channels", "carry_over_weeks"} | {
    *("market", "channel", "week", "kpi_week"),
    *("baseline_component", "baseline_columns", "baseline_coefficient", "kpi_scale"),
    *("kpi", "value", "roas", "prior_roas"),
    *("baseline_label", "week_spread", "noise", "country"),
}


@dataclass(frozen=True, kw_only=True)
class MediaMixResult(Result):
    """What each channel caused and what more of it would.

    Attributes:
        currency: ISO 4217 code.
        posterior: At most 1,000 draws of the response model, with the history that plans continue:
            `half_life (draw, channel)` in weeks, `carry_over_shape (draw, channel)`, `half_saturation (draw, market, channel)` in exposure a week,
            `slope (draw, channel)`, `coefficient (draw, market, channel)` in KPI units,
            `effectiveness (draw, channel, ramp)` and `effectiveness_ramps (ramp, kpi_week)`; see `ResponseModel`.
            The baseline in KPI units: `baseline_coefficient (draw, market, column)`, `baseline_columns (market, kpi_week, column)`,
            `baseline_component (column)`, `week_effect (draw, kpi_week)` where markets share weeks; see `BaselineModel`.
            What continues it: `baseline_label (column)`, `noise (draw, market)` in KPI units, `week_spread (draw)` relative to the
            mean KPI, `country (market)`, and `control_history (kpi_week, market, control)` where there are controls;
            see `posterior.outlook`.
            `kpi` and `value` (currency per KPI unit), `(kpi_week, market)`;
            `roas (draw, channel)` and `prior_roas (draw, channel)` as pictures of what was learnt,
            `spend_history` and `exposure_history (week, market, channel)`, `exposure_per_spend (market, channel)`,
            `value_per_kpi (market)`, `saturation (channel)`, `adstock (channel)`, and the attributes `carry_over_weeks`, `currency`.
        contributions: Currency by `week`, `market`, `component` (channels and parts of the baseline; they add up to the
            fitted KPI), with `kind` (`media` or `baseline`), `estimate`, `lower`, `upper`.
        totals: The same over all markets, without `market`; and of kind `expected` what the model would see if the weeks came again.
        fit: `week`, `market`, `actual`, `fitted`, `lower`, `upper` in currency; the interval is that of a new observation.
        curves: `channel`, `spend` (currency a week, all markets), `estimate`, `lower`, `upper` (currency a week in the
            long run), `observed` (whether as much has acted in a week, carry-over included), `current` (the row nearest to the
            mean of the last 13 weeks).
        lift_effects: What lift tests changed, `posterior.lift_effects.LIFT_EFFECT_COLUMNS`: each channel's return as the sales history
            alone tells it and with the tests; empty where there are none, without columns in results of versions that didn't tell.
        labels: How reports call each channel, by its name.
        market_labels: The same of markets.
    """

    analysis: ClassVar[str] = "media_mix"

    currency: str
    posterior: xr.Dataset
    contributions: pd.DataFrame
    totals: pd.DataFrame
    fit: pd.DataFrame
    curves: pd.DataFrame
    lift_effects: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=LATER)
    labels: dict[str, str] = field(default_factory=dict)
    market_labels: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            DataError: If the folder holds no media mix, or one that another version saved.
        """
        result = super().load(folder)
        lacking = sorted(_READ_OF_POSTERIOR - set(map(str, result.posterior.variables)))
        if lacking:
            raise DataError(
                f"the posterior in {folder} lacks {lacking[0]}; another version saved it, run the notebook again"
            )
        return result

    @cached_property
    def response(self) -> ResponseModel:
        """The response model, evaluated with numpy."""
        return ResponseModel.from_dataset(self.posterior)

    @cached_property
    def weeks(self) -> pd.DatetimeIndex:
        """First day of each week that was fitted."""
        return pd.DatetimeIndex(self.posterior["kpi_week"].to_numpy())

    @cached_property
    def last_change(self) -> Change:
        """Why revenue changed in the last year, or the last half of a shorter history, against the one before."""
        return self.change()

    @cached_property
    def by_contribution(self) -> list[str]:
        """Channels by what they caused, most first."""
        caused: pd.DataFrame = self.estimates[self.estimates["quantity"] == "contribution"]
        return [str(name) for name in caused.sort_values("estimate", ascending=False)["entity"]]

    @property
    def tells_lift_effects(self) -> bool:
        """Whether the version that saved it kept what lift tests changed."""
        return tells_lift_effects(self.lift_effects.columns)

    def but(self, **fields: Any) -> Self:
        """`dataclasses.replace` of any fields but the posterior, keeping what was computed of it before."""
        other = replace(self, **fields)
        vars(other).update({name: vars(self)[name] for name in _MADE_OF_POSTERIOR if name in vars(self)})
        return other

    def label(self, channel: str) -> str:
        """How reports call a channel."""
        return self.labels.get(channel) or channel

    def market_label(self, market: str) -> str:
        """How reports call a market."""
        return self.market_labels.get(market) or market

    def returns(
        self,
        start: date | str,
        end: date | str,
        *,
        markets: Sequence[str] | None = None,
        channels: Sequence[str] | None = None,
        by_market: bool = False,
    ) -> pd.DataFrame:
        """What channels returned in any weeks and markets; see `posterior.windows.returns_in_window`."""
        return returns_in_window(self, start, end, markets=markets, channels=channels, by_market=by_market)

    def change(
        self,
        before: Period | None = None,
        after: Period | None = None,
        *,
        markets: Sequence[str] | None = None,
        by_cause: bool = False,
    ) -> Change:
        """Why revenue changed from one period to another; see `posterior.change.change_between`."""
        return change_between(self, before, after, markets=markets, by_cause=by_cause)
