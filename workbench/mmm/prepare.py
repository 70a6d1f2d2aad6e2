"""Everything that a fit needs before it samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd
import xarray as xr

from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.density.likelihood import Rotation, rotate
from workbench.mmm.density.packing import DensityData, density_data
from workbench.mmm.density.parameters import Layout, density_layout
from workbench.mmm.density.starting_point import StartingPoint, starting_point
from workbench.mmm.inputs.design import Design, build_design
from workbench.mmm.inputs.lift_tests import LiftTests, build_lift_tests
from workbench.mmm.inputs.outliers import treat_outliers
from workbench.mmm.inputs.persistence import with_persistence
from workbench.mmm.inputs.prior_beliefs import PriorBeliefs, prior_beliefs
from workbench.mmm.inputs.priors import Priors, build_priors
from workbench.mmm.inputs.requirements import require_identified, require_usable
from workbench.mmm.inputs.robust_regression import RobustFit, robust_fit
from workbench.mmm.labels import Labels, labels_of


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A media-mix model with its data: the panel on the model's scales, priors and lift tests.

    Attributes:
        design: The panel, and what a quick look at its KPI says: which weeks are extreme, and how long surprises last.
        priors: What is believed before the KPI is seen.
        tests: Finished lift tests.
        quick_fits: That quick look, a robust regression of each market.
        labels: What reports call the channels and markets.
    """

    design: Design
    priors: Priors
    tests: LiftTests
    quick_fits: tuple[RobustFit, ...]
    labels: Labels

    @property
    def labelled(self) -> Prepared:
        """The same model, of channels and markets that bear their labels."""
        return replace(self, design=replace(self.design, panel=self.labels.on_panel(self.design.panel)))

    def without_tests(self) -> Prepared:
        """The same model with the panel as its only evidence."""
        return replace(self, tests=build_lift_tests(None, self.design))

    def beliefs(self, *, seed: int = 1) -> PriorBeliefs:
        """What the priors say before the data: to be looked at, and disputed, before fitting."""
        return prior_beliefs(self.design, self.priors, self.tests, seed=seed)

    @cached_property
    def rotation(self) -> Rotation:
        return rotate(self.design.baseline, self.design.persistence)

    @cached_property
    def layout(self) -> Layout:
        return density_layout(self.design)

    @cached_property
    def data(self) -> DensityData:
        """The density, in coordinates that start where a quick look at the data puts them."""
        return self.data_around(starting_point(self.design))

    def start_of(self, last: xr.Dataset) -> StartingPoint | None:
        """Where an earlier fit's posterior ended, None if it had other parameters, markets or channels."""
        panel = self.design.panel
        same = (
            last.attrs.get("layout") == self.layout.signature
            and tuple(last["channel"].to_numpy()) == panel.channels
            and tuple(last["market"].to_numpy()) == panel.markets
        )
        if not same:
            return None
        return StartingPoint(
            centre=last["sampler_centre"].to_numpy(),
            scale=last["sampler_scale"].to_numpy(),
            doubt=last["sampler_doubt"].to_numpy(),
        )

    def data_around(self, start: StartingPoint) -> DensityData:
        """The density in the coordinates that `start` gives."""
        return density_data(self.design, self.priors, self.rotation, self.tests, start)


def prepare(
    panel: Panel, config: MediaMix, channels: Mapping[str, Channel], lift: pd.DataFrame | None = None
) -> Prepared:
    """Check a panel and lay out its model.

    Raises:
        SpecError: If the panel or a lift record can't answer the question.
    """
    require_usable(panel, config, channels)
    design, fits = look_at_kpi(build_design(panel, config, channels), config)
    require_identified(design)
    tests = build_lift_tests(lift, design, config.lift_half_life_years)
    priors, labels = priors_of(panel, config, channels), labels_of(panel, channels)
    return Prepared(design=design, priors=priors, tests=tests, quick_fits=fits, labels=labels)


def look_at_kpi(design: Design, config: MediaMix) -> tuple[Design, tuple[RobustFit, ...]]:
    """Regress each market's KPI, treat its extreme weeks, and learn how long surprises last."""
    fits = tuple(robust_fit(design, m) for m in range(design.shape[1]))
    return with_persistence(treat_outliers(design, fits, config), config), fits


def priors_of(panel: Panel, config: MediaMix, channels: Mapping[str, Channel]) -> Priors:
    """What is believed about the panel's channels before its KPI is seen."""
    each = [channels.get(name, Channel()) for name in panel.channels]
    revenue = float(panel.revenue.sum())
    value = 1.0 if (panel.value == 1.0).all() else revenue / float(panel.kpi.sum())
    return build_priors(config, each, panel.window_spend.sum(axis=(0, 1)), revenue, value)
