"""What must hold between the fits of two panels that say the same in other words, or that differ in a known way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.mmm.posteriors import prepared as prepare_world
from tests.mmm.posteriors import sample as some_draws
from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.data.panel import Panel
from workbench.mmm.checks.identifiability import collinearity_check
from workbench.mmm.density.callbacks import density_at
from workbench.mmm.density.packing import DensityData
from workbench.mmm.density.parameters import Draws, natural
from workbench.mmm.density.sample import sample_posterior
from workbench.mmm.density.starting_point import StartingPoint
from workbench.mmm.fit import summarise_fit
from workbench.mmm.prepare import Prepared, prepare
from workbench.result import Provenance

CONFIG = MediaMix(trend_knots_per_year=2, yearly_harmonics=2)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return simulate(seed=11).panel


@pytest.fixture(scope="module")
def draws(panel) -> Draws:
    return fit(panel)


def fit(panel: Panel) -> Draws:
    model = prepare(panel, CONFIG, {})
    sample = sample_posterior(model.data, seed=1, draws=500, tune=400, chains=2)
    return natural(sample.flat(1000), model.design, model.priors)


@pytest.mark.slow
def test_two_halves_of_a_channel_together_cause_what_the_whole_does(panel, draws):
    halves = replace(
        _channels(panel, [0, 1, 1], scale=np.array([1.0, 0.5, 0.5])), channels=("channel 0", "one half", "other half")
    )
    split = fit(halves).roas[:, 0]
    whole = draws.roas[:, 0]
    # Each half is paid half, so that their mean return is that of the whole; two free curves and another prior move it somewhat.
    assert abs(split[:, 1:].mean() - whole[:, 1].mean()) < 0.75 * whole[:, 1].std()
    assert abs(split[:, 0].mean() - whole[:, 0].mean()) < 0.5 * whole[:, 0].std()
    assert np.corrcoef(split[:, 1], split[:, 2])[0, 1] < -0.5
    model = prepare(halves, CONFIG, {})
    check = collinearity_check(model.design, model.priors, model.quick_fits)
    assert check.passed is False
    assert "one half and other half" in check.detail


@pytest.mark.slow
def test_shuffled_weeks_of_media_explain_nothing(panel, draws):
    order = np.random.default_rng(3).permutation(len(panel.spend))
    shuffled = fit(replace(panel, spend=panel.spend[order], exposure=panel.exposure[order]))
    assert shuffled.noise.mean() > 1.5 * draws.noise.mean()
    assert (_log_sd(shuffled.roas[:, 0]) > 2 * _log_sd(draws.roas[:, 0])).all()


@pytest.mark.slow
def test_a_market_told_twice_is_hardly_more_evidence_than_once(panel, draws):
    twice = fit(_markets(panel, [0, 0]))
    together, once = twice.roas.mean(axis=1), draws.roas[:, 0]
    np.testing.assert_allclose((together.mean(axis=0) - once.mean(axis=0)) / once.std(axis=0), 0, atol=0.6)
    # Independent markets would shrink them to 0.71; these two share every surprise.
    assert (_log_sd(together) > 0.85 * _log_sd(once)).all()
    assert (twice.week_spread > twice.noise.mean(axis=1)).mean() > 0.95


def test_conversions_of_a_value_are_revenue():
    revenue = simulate(seed=8, weeks=110, markets=2).panel
    value = 37.5
    orders = replace(revenue, kpi=revenue.kpi / value, value=np.full_like(revenue.kpi, value))
    results = []
    for panel in (revenue, orders):
        model = prepare_world(panel)
        results.append(summarise_fit(some_draws(model), model, provenance=Provenance(), seed=1).estimates)
    first, second = (found.set_index(["quantity", "entity"]) for found in results)
    for quantity in ("roas", "marginal_roas", "contribution", "contribution_share", "roas_in_market"):
        columns = ["estimate", "lower", "upper"]
        np.testing.assert_allclose(second.loc[quantity, columns], first.loc[quantity, columns], rtol=1e-6)
    for name, ours, theirs in zip(model.data._fields, prepare_world(revenue).data, model.data, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(("markets", "channels"), [([2, 0, 1], [0, 1]), ([0, 1, 2], [1, 0]), ([1, 2, 0], [1, 0])])
def test_the_order_of_markets_and_channels_does_not_matter(markets, channels):
    panel = simulate(seed=2, weeks=70, markets=3).panel
    here = prepare(panel, CONFIG, {})
    there = prepare(_channels(_markets(panel, markets), channels), CONFIG, {})
    positions = np.random.default_rng(5).normal(scale=0.5, size=(4, here.layout.size))
    doubt = here.data.doubt
    ours, theirs = _plain(here, doubt), _plain(there, doubt[channels])
    moved = [_permuted(position, here, markets, channels) for position in positions]
    before = [density_at(position, ours)[0] for position in positions]
    after = [density_at(position, theirs)[0] for position in moved]
    np.testing.assert_allclose(after, before, rtol=1e-10)


def _plain(model: Prepared, doubt: np.ndarray) -> DensityData:
    """The density in coordinates that don't depend on the order of anything."""
    size = model.layout.size
    return model.data_around(StartingPoint(centre=np.zeros(size), scale=np.ones(size), doubt=doubt))


def _permuted(position: np.ndarray, model: Prepared, markets: Sequence[int], channels: Sequence[int]) -> np.ndarray:
    blocks = {}
    for name, block in model.layout.split(position).items():
        by_market = name in ("noise", "own") or name.endswith("_offset")
        by_channel = name not in ("noise", "own", "week_spread")
        moved = block[markets] if by_market else block
        blocks[name] = moved[..., channels] if by_channel else moved
    return model.layout.join(blocks)


def _markets(panel: Panel, order: Sequence[int]) -> Panel:
    """These markets, each under a name of its own."""
    fields = ("kpi", "value", "spend", "exposure", "control", "holidays")
    taken = {name: getattr(panel, name)[:, order] for name in fields}
    return replace(panel, markets=tuple(f"{i}: {panel.markets[m]}" for i, m in enumerate(order)), **taken)


def _channels(panel: Panel, order: Sequence[int], scale: np.ndarray | float = 1.0) -> Panel:
    taken = {name: getattr(panel, name)[..., order] * scale for name in ("spend", "exposure")}
    return replace(panel, channels=tuple(f"{i}: {panel.channels[c]}" for i, c in enumerate(order)), **taken)


def _log_sd(draws: np.ndarray) -> np.ndarray:
    return np.log(draws).std(axis=0)
