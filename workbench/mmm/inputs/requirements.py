"""What a panel must hold before a media-mix model means anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.errors import SpecError
from workbench.mmm.density.parameters import density_layout
from workbench.mmm.inputs.design import Design

WEEKS_PER_YEAR = 52


def require_usable(panel: Panel, config: MediaMix, channels: Mapping[str, Channel]) -> None:
    """Refuse a panel that can't answer the question, and a configuration that speaks of something else.

    Raises:
        SpecError: Naming what was found, the rule and the mend.
    """
    _require_weeks(panel)
    _require_numbers(panel)
    _require_kpi(panel)
    _require_media(panel)
    _require_known("channel", "is configured", channels, panel.channels, "media")
    _require_known("control", "has a sign in media_mix.signs", config.signs, panel.controls, "controls")


def require_identified(design: Design) -> None:
    """Refuse a model with more parameters than observations.

    Raises:
        SpecError: With both counts.
    """
    weeks, markets, _ = design.shape
    parameters = markets * design.baseline.columns.shape[1] + density_layout(design).size
    if parameters >= weeks * markets:
        raise SpecError(
            f"the model has {parameters} parameters for {weeks * markets} weekly observations; "
            "take more weeks, fewer channels, or lower trend_knots_per_year and yearly_harmonics"
        )


def _require_weeks(panel: Panel) -> None:
    weeks = len(panel.weeks)
    if weeks < WEEKS_PER_YEAR:
        raise SpecError(
            f"the KPI covers {weeks} weeks; a media mix needs at least {WEEKS_PER_YEAR}, or season and media look alike"
        )
    if not (np.diff(panel.weeks.to_numpy()) == np.timedelta64(7, "D")).all():
        raise SpecError("the panel's weeks are not 7 days apart; complete the missing weeks of the KPI")


def _require_numbers(panel: Panel) -> None:
    arrays = {
        "kpi": panel.kpi,
        "value_per_conversion": panel.value,
        "spend": panel.spend,
        "exposure": panel.exposure,
        "controls": panel.control,
    }
    for name, values in arrays.items():
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            raise SpecError(
                f"{name} is missing or infinite in {len(bad)} cells (first: {_where(bad[0], name, panel)}); fill them"
            )
    for name in ("kpi", "spend", "exposure"):
        bad = np.argwhere(arrays[name] < 0)
        if len(bad):
            found = arrays[name][tuple(bad[0])]
            raise SpecError(
                f"{name} is negative in {len(bad)} cells (first: {_where(bad[0], name, panel)}, {found:g}); "
                "book refunds apart or set them to 0"
            )


def _require_known(kind: str, told: str, names: Iterable[str], known: tuple[str, ...], table: str) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        there = f"its {kind}s are {', '.join(known)}" if known else "there is none"
        raise SpecError(f"{kind} {unknown[0]} {told}, but the {table} table lacks it; {there}")


def _require_kpi(panel: Panel) -> None:
    constant = np.flatnonzero(np.ptp(panel.kpi, axis=0) == 0)
    if len(constant):
        m = constant[0]
        raise SpecError(
            f"the KPI of market {panel.markets[m]} is {panel.kpi[0, m]:g} in every week, which leaves nothing to explain; "
            "correct it or leave that market out"
        )
    if panel.population is not None and not (panel.population > 0).all():
        m = int(np.flatnonzero(~(panel.population > 0))[0])
        raise SpecError(f"the population of market {panel.markets[m]} is {panel.population[m]:g}; it must be above 0")
    worthless = np.flatnonzero((panel.value <= 0).any(axis=0))
    if len(worthless):
        raise SpecError(
            f"the KPI's value in market {panel.markets[worthless[0]]} is not above 0 in every week; mend value_per_conversion"
        )


def _require_media(panel: Panel) -> None:
    if not panel.channels:
        raise SpecError("the panel has no media channel; map the media table")
    spend = panel.window_spend.sum(axis=0)
    exposure = panel.exposure[panel.carry_in :].sum(axis=0)
    for c, name in enumerate(panel.channels):
        if spend[:, c].sum() == 0:
            raise SpecError(
                f"channel {name} has no spend in any of the {len(panel.weeks)} weeks; leave that channel out"
            )
        unpaid = np.flatnonzero((spend[:, c] == 0) != (exposure[:, c] == 0))
        if len(unpaid):
            raise SpecError(
                f"channel {name} has spend {spend[unpaid[0], c]:g} but exposure {exposure[unpaid[0], c]:g} in market "
                f"{panel.markets[unpaid[0]]}; both must be 0 or both above 0"
            )


def _where(index: np.ndarray, name: str, panel: Panel) -> str:
    history = panel.carry_in if name in ("spend", "exposure") else 0
    week = panel.weeks[0] + (int(index[0]) - history) * (panel.weeks[1] - panel.weeks[0])
    columns = panel.controls if name == "controls" else panel.channels
    last = f", {columns[index[2]]}" if len(index) > 2 else ""
    return f"week {week:%Y-%m-%d}, market {panel.markets[index[1]]}{last}"
