"""The market × week panel that media-mix models read, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Weekly KPI, media and controls on a complete grid of markets and weeks.

    Media may start before the KPI: those first `carry_in` weeks feed the carry-over only. With T weeks of KPI, M markets,
    C channels, K controls and L = `carry_in`:

    Attributes:
        weeks: First day of each KPI week, length T, without gaps.
        markets: Market names, length M.
        channels: Channel names, length C.
        controls: Control names, length K.
        kpi: KPI units, shape (T, M): currency, or conversions with `value`.
        value: Currency per KPI unit, shape (T, M); ones where the KPI is revenue.
        spend: Currency, shape (L + T, M, C).
        exposure: What carries the effect (impressions where given, else spend), shape (L + T, M, C).
        control: Control values, shape (T, M, K).
        population: People per market, shape (M,), None where unknown.
        holidays: Days of public holiday per week, shape (T, M, H), one column per holiday name.
        holiday_names: Length H.
        currency: ISO 4217 code.
        market_labels: How reports call a market, for those that have another name there.
        countries: ISO code by market, of those whose public holidays are counted.
    """

    weeks: pd.DatetimeIndex
    markets: tuple[str, ...]
    channels: tuple[str, ...]
    controls: tuple[str, ...]
    kpi: np.ndarray
    value: np.ndarray
    spend: np.ndarray
    exposure: np.ndarray
    control: np.ndarray
    population: np.ndarray | None
    holidays: np.ndarray
    holiday_names: tuple[str, ...]
    currency: str
    market_labels: Mapping[str, str] = field(default_factory=dict)
    countries: Mapping[str, str] = field(default_factory=dict)

    @property
    def carry_in(self) -> int:
        """Weeks of media before the first KPI week."""
        return int(self.spend.shape[0] - len(self.weeks))

    @cached_property
    def window_spend(self) -> np.ndarray:
        """Spend in the KPI's weeks only, shape (T, M, C)."""
        return self.spend[self.carry_in :]

    @property
    def revenue(self) -> np.ndarray:
        """KPI in currency, shape (T, M)."""
        return self.kpi * self.value
