"""Results of draws that nobody sampled: for what must hold whatever the draws are."""

from dataclasses import replace

import numpy as np

from tests.mmm.worlds import simulate
from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.density.sample import Sample
from workbench.mmm.density.starting_point import starting_point
from workbench.mmm.fit import summarise_fit
from workbench.mmm.prepare import Prepared, prepare
from workbench.mmm.result import MediaMixResult
from workbench.result import Provenance

CHANNELS = {
    "channel 0": Channel(label="TV", adstock="delayed"),
    "channel 1": Channel(label="Search", saturation="logistic", adstock="weibull"),
}


def prepared(panel: Panel, *, knots: float = 1.0) -> Prepared:
    return prepare(panel, MediaMix(effectiveness_knots_per_year=knots, yearly_harmonics=2), CHANNELS)


def sample(of: Prepared, draws: int = 120) -> Sample:
    """Draws around the middle of the priors, with noise of a few percent."""
    rng = np.random.default_rng(3)
    position = rng.normal(scale=0.3, size=(2, draws // 2, of.layout.size))
    blocks = of.layout.split(position)
    for name in ("noise", "roas_spread", "half_saturation_spread", "week_spread", "effectiveness_spread"):
        if name in blocks:
            blocks[name] -= 2.5
    energy = rng.normal(size=position.shape[:2])
    counts = {"divergences": 0, "steps": 0, "compile_seconds": 0.0, "sampling_seconds": 0.0}
    return Sample(position=position, energy=energy, start=starting_point(of.design), **counts)


def result_of(panel: Panel, *, knots: float = 1.0, draws: int = 120) -> MediaMixResult:
    model = prepared(panel, knots=knots)
    return summarise_fit(sample(model, draws), model, provenance=Provenance(), seed=1)


def orders_and_impressions(markets: int = 3, weeks: int = 110) -> Panel:
    """A KPI counted in orders whose value moves, and media bought at a price that rises from week to week."""
    panel = simulate(seed=8, weeks=weeks, markets=markets).panel
    value = 40.0 + 5.0 * np.sin(np.arange(weeks) / 9.0)[:, None] + np.arange(markets)
    price = np.linspace(5.0, 8.0, len(panel.spend))[:, None, None]
    return replace(panel, kpi=panel.kpi / value, value=value, exposure=panel.spend / price)
