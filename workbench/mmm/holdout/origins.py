"""Where the panel is cut: the weeks before an origin are learnt from, those after it are foreseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.inputs.design import Baseline, build_baseline, build_design, effectiveness_ramps
from workbench.mmm.inputs.lift_tests import build_lift_tests
from workbench.mmm.inputs.priors import LogNormal
from workbench.mmm.labels import labels_of
from workbench.mmm.prepare import Prepared, look_at_kpi, priors_of

ORIGINS = 3
HORIZON = 13
LEAST_HORIZON = 4
# One season, and half of another: with less, last year's errors say nothing about how far a week can be off.
LEAST_HISTORY = 78
# A return of e⁻³⁰ is none, and leaves the sampler's coordinates as they are.
NO_RETURN = LogNormal(-30.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A panel with an origin in it.

    Attributes:
        panel: Up to the last week that is foreseen, T weeks.
        history: Weeks that are learnt from.
    """

    panel: Panel
    history: int

    @property
    def horizon(self) -> int:
        return len(self.panel.weeks) - self.history

    @property
    def learnt(self) -> Panel:
        return first_weeks(self.panel, self.history)


def cut_panel(panel: Panel, origins: int = ORIGINS, horizon: int = HORIZON) -> tuple[Cut, ...]:
    """Cuts whose horizons follow each other up to the panel's end, the earliest first.

    A short panel has a shorter horizon, or fewer cuts, or none: `LEAST_HISTORY` weeks come before each, in which every channel
    spent and every market sold.
    """
    weeks = len(panel.weeks)
    ahead = min(horizon, weeks - LEAST_HISTORY)
    if ahead < LEAST_HORIZON:
        return ()
    starts = [weeks - ahead * (i + 1) for i in reversed(range(origins))]
    cuts = [Cut(panel=first_weeks(panel, start + ahead), history=start) for start in starts if start >= LEAST_HISTORY]
    return tuple(cut for cut in cuts if _complete(cut.learnt))


def first_weeks(panel: Panel, weeks: int) -> Panel:
    """The panel as it was after this many weeks of KPI."""
    media = panel.carry_in + weeks
    return replace(
        panel,
        weeks=panel.weeks[:weeks],
        kpi=panel.kpi[:weeks],
        value=panel.value[:weeks],
        spend=panel.spend[:media],
        exposure=panel.exposure[:media],
        control=panel.control[:weeks],
        holidays=panel.holidays[:weeks],
    )


@dataclass(frozen=True, kw_only=True)
class PreparedCut:
    """The model of the weeks before the origin, and what the weeks after it bring.

    Attributes:
        prepared: The model; scales and priors come from its weeks alone.
        columns: Of the baseline after the origin, alike in all markets, shape (H, K).
        own: Of the baseline after the origin, each market's own, shape (M, H, J).
        effectiveness_ramps: Before and after the origin, shape (knots, T).
    """

    cut: Cut
    prepared: Prepared
    columns: np.ndarray
    own: np.ndarray
    effectiveness_ramps: np.ndarray


def prepare_cut(
    cut: Cut,
    config: MediaMix,
    channels: Mapping[str, Channel],
    lift: pd.DataFrame | None = None,
    *,
    media: bool = True,
) -> PreparedCut:
    """Lay out the model of the weeks before the origin on the calendar of all weeks.

    Trend knots, seasons, holidays and controls then mean the same before and after the origin. A column that begins after it
    is zero before, so that its coefficient is drawn from its prior: the trend goes on as the random walk that it is.

    Args:
        cut: Where the panel is cut.
        config: Choices that hold for all channels.
        channels: Choices and opinions by channel.
        lift: Records of finished tests; those that end after the origin are left out.
        media: Whether media may have an effect; without, the same model explains the KPI by its baseline alone.
    """
    learnt = cut.learnt
    calendar = build_baseline(_kpi_hidden(cut), config)
    ramps = effectiveness_ramps(cut.panel.weeks, config.effectiveness_knots_per_year)
    design = replace(
        build_design(learnt, config, channels),
        baseline=_before(calendar, cut.history),
        effectiveness_ramps=np.ascontiguousarray(ramps[:, : cut.history]),
    )
    design, fits = look_at_kpi(design, config)
    priors = priors_of(learnt, config, channels)
    if not media:
        priors = replace(priors, roas=(NO_RETURN,) * len(learnt.channels))
    tests = build_lift_tests(lift if media else None, design, config.lift_half_life_years)
    labels = labels_of(learnt, channels)
    return PreparedCut(
        cut=cut,
        prepared=Prepared(design=design, priors=priors, tests=tests, quick_fits=fits, labels=labels),
        columns=_after(calendar.columns[cut.history :], design.baseline.columns.shape[-1]),
        own=_after(calendar.own[:, cut.history :], design.baseline.own.shape[-1]),
        effectiveness_ramps=ramps,
    )


def _complete(panel: Panel) -> bool:
    return bool((panel.window_spend.sum(axis=(0, 1)) > 0).all() and (panel.kpi.sum(axis=0) > 0).all())


def _kpi_hidden(cut: Cut) -> Panel:
    """The panel without the KPI that is to be foreseen, so that no column can be made of it."""
    before = cut.panel.kpi[: cut.history]
    after = np.broadcast_to(before.mean(axis=0), (cut.horizon, before.shape[1]))
    return replace(cut.panel, kpi=np.concatenate([before, after]))


def _before(calendar: Baseline, weeks: int) -> Baseline:
    return replace(calendar, columns=calendar.columns[:weeks], own=calendar.own[:, :weeks])


def _after(columns: np.ndarray, wanted: int) -> np.ndarray:
    """Columns that only concern weeks before the origin, such as its outliers, are zero after it."""
    missing = np.zeros((*columns.shape[:-1], wanted - columns.shape[-1]))
    return np.concatenate([columns, missing], axis=-1)
