"""Build the market × week panel from the canonical tables, refusing gaps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.config import WorkspaceConfig
from workbench.data.calendar import holidays_in_weeks, weeks_between
from workbench.data.cells import shown
from workbench.data.panel import Panel
from workbench.errors import DataError


def build_panel(
    kpi: pd.DataFrame,
    media: pd.DataFrame,
    controls: pd.DataFrame | None,
    config: WorkspaceConfig,
    *,
    weeks: int = 0,
    market: str = "",
) -> Panel:
    """Put KPI, media and controls on one complete grid.

    Args:
        kpi: Canonical `kpi`.
        media: Canonical `media`; weeks before the first KPI week become carry-in.
        controls: Canonical `controls`, None where the company has none.
        config: Channels and markets to keep (all of the tables' where it names none), holidays, currency.
        weeks: Number of last KPI weeks to keep, 0 for all.
        market: The only market to keep, empty for all that `config` keeps; channels that never spent there are left out.

    Raises:
        DataError: If a market-week, a channel-week or a control-week is missing, or there is no such market.
    """
    markets = _kept(kpi.market, config.markets, "markets", "kpi")
    channels = _kept(media.channel, config.channels, "channels", "media")
    window = _window(kpi, weeks)
    if market:
        markets = _only(market, markets)
        channels = _spent_on(media[(media.market == market) & media.week.isin(window)], channels)
    media = media[media.market.isin(markets) & media.channel.isin(channels) & (media.week <= window[-1])]
    media_weeks = weeks_between(min(media.week.min(), window[0]), window[-1])
    zero = config.tables["media"].missing == "zero" if "media" in config.tables else False
    spend = _grid(media, "spend", media_weeks, markets, "channel", channels, "media", fill=0.0 if zero else None)
    exposure = spend
    if "impressions" in media and config.media_mix.exposure == "impressions":
        exposure = _grid(
            media, "impressions", media_weeks, markets, "channel", channels, "media", fill=0.0 if zero else None
        )
    names = () if controls is None else tuple(sorted(controls.control.unique()))
    holidays, holiday_names = _holidays(window, markets, config)
    return Panel(
        weeks=window,
        markets=markets,
        channels=channels,
        controls=names,
        kpi=_column(kpi, "kpi", window, markets),
        value=_column(kpi, "value_per_conversion", window, markets)
        if "value_per_conversion" in kpi
        else np.ones((len(window), len(markets))),
        spend=spend,
        exposure=exposure,
        control=_controls(controls, window, markets, names),
        population=_population(kpi, window, markets),
        holidays=holidays,
        holiday_names=holiday_names,
        currency=config.workspace.currency,
        market_labels={name: market.label for name, market in config.markets.items() if market.label},
        countries={name: market.country for name, market in config.markets.items() if market.country},
    )


def _kept(found: pd.Series, configured: Mapping[str, object], key: str, table: str) -> tuple[str, ...]:
    present = sorted(found.unique())
    if not configured:
        return tuple(present)
    if absent := [name for name in configured if name not in present]:
        raise DataError(
            f"{table} has no rows for {absent[0]}, which [{key}] of workbench.toml names; "
            f"correct the name or remove it ({table} has {', '.join(present)})"
        )
    return tuple(configured)


def _only(market: str, markets: tuple[str, ...]) -> tuple[str, ...]:
    if market not in markets:
        raise DataError(f"there is no market {market!r} in the panel; it has {', '.join(markets)}")
    return (market,)


def _spent_on(media: pd.DataFrame, channels: tuple[str, ...]) -> tuple[str, ...]:
    spent = media.groupby("channel").spend.sum()
    return tuple(name for name in channels if spent.get(name, 0.0) > 0)


def _window(kpi: pd.DataFrame, weeks: int) -> pd.DatetimeIndex:
    window = weeks_between(kpi.week.min(), kpi.week.max())
    return window[-weeks:] if weeks else window


def _column(kpi: pd.DataFrame, column: str, weeks: pd.DatetimeIndex, markets: tuple[str, ...]) -> np.ndarray:
    return _grid(kpi[kpi.week >= weeks[0]], column, weeks, markets, None, (), "kpi")


def _controls(
    controls: pd.DataFrame | None, weeks: pd.DatetimeIndex, markets: tuple[str, ...], names: tuple[str, ...]
) -> np.ndarray:
    if controls is None:
        return np.zeros((len(weeks), len(markets), 0))
    inside = controls[controls.week.isin(weeks)]
    return _grid(inside, "value", weeks, markets, "control", names, "controls")


def _grid(
    frame: pd.DataFrame,
    column: str,
    weeks: pd.DatetimeIndex,
    markets: tuple[str, ...],
    dimension: str | None,
    names: tuple[str, ...],
    table: str,
    fill: float | None = None,
) -> np.ndarray:
    """Values of one column, shape (week, market[, name]); a hole is refused unless `fill` says what it means."""
    keys = ["week", "market", *([dimension] if dimension else [])]
    levels = [weeks, list(markets), *([list(names)] if dimension else [])]
    full = pd.MultiIndex.from_product(levels, names=keys)  # type: ignore[arg-type, var-annotated]
    values = frame.set_index(keys)[column].reindex(full)
    if fill is not None:
        values = values.fillna(fill)
    if values.isna().any():
        _refuse_holes(values, keys, table)
    return values.to_numpy(dtype=float).reshape([len(level) for level in levels])


def _refuse_holes(values: pd.Series, keys: list[str], table: str) -> None:
    holes = values[values.isna()].index
    first = ", ".join(f"{key} {shown(part)}" for key, part in zip(keys, holes[0], strict=True))
    mend = 'set tables.media.missing = "zero" if a missing row means no spend' if table == "media" else "add the rows"
    raise DataError(
        f"{table} lacks {len(holes):,} of {len(values):,} rows of its {' × '.join(keys)} grid (first: {first}); {mend}"
    )


def _population(kpi: pd.DataFrame, weeks: pd.DatetimeIndex, markets: tuple[str, ...]) -> np.ndarray | None:
    if "population" not in kpi:
        return None
    return _column(kpi, "population", weeks, markets).mean(axis=0)


def _holidays(
    weeks: pd.DatetimeIndex, markets: tuple[str, ...], config: WorkspaceConfig
) -> tuple[np.ndarray, tuple[str, ...]]:
    if not config.media_mix.holidays:
        return np.zeros((len(weeks), len(markets), 0)), ()
    countries = {name: market.country for name, market in config.markets.items()}
    return holidays_in_weeks(weeks, countries, markets)
