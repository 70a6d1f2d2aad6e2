"""A fit that starts where the last one ended."""

from dataclasses import replace

import numpy as np
import pytest
from arviz_stats.base import array_stats

from tests.mmm.worlds import simulate
from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.density.sample import Sample, sample_posterior
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.holdout.origins import first_weeks
from workbench.mmm.prepare import prepare
from workbench.mmm.sampling import WARM_DRAWS, WARM_SHARE
from workbench.result import Provenance

pytestmark = pytest.mark.slow
CONFIG = MediaMix(trend_knots_per_year=2, yearly_harmonics=2)
FOUR_WEEKS = 4


def least_ess(sample: Sample) -> float:
    return float(np.min(array_stats.ess(sample.position, method="bulk", chain_axis=0, draw_axis=1)))


@pytest.fixture(scope="module")
def panel() -> Panel:
    return simulate(seed=31, markets=2).panel


@pytest.fixture(scope="module")
def last(panel):
    earlier = first_weeks(panel, len(panel.weeks) - FOUR_WEEKS)
    return fit_media_mix(prepare(earlier, CONFIG, {}), provenance=Provenance(), seed=1)


def test_a_refresh_agrees_with_a_cold_fit_within_monte_carlo_error(panel, last):
    cold, warm = (
        fit_media_mix(prepare(panel, CONFIG, {}), provenance=Provenance(), seed=seed, last=before)
        for seed, before in ((2, None), (3, last))
    )
    assert not {"convergence"} & {check.name for check in warm.failed_checks}
    for quantity in ("roas", "contribution", "half_life"):
        one, other = (r.estimates[r.estimates.quantity == quantity] for r in (cold, warm))
        sd = ((one.upper - one.lower) / 3.29).to_numpy()
        apart = (one.estimate.to_numpy() - other.estimate.to_numpy()) / sd
        np.testing.assert_allclose(apart, 0.0, atol=4 * np.sqrt(2 / 400))


def test_a_tenth_of_the_warm_up_is_enough_where_the_last_fit_ended(panel, last, tmp_path):
    """A like number of effective draws from a like number of steps, saved and loaded in between."""
    last.save(tmp_path / "result")
    model = prepare(panel, CONFIG, {})
    start = model.start_of(type(last).load(tmp_path / "result").posterior)
    cold = sample_posterior(model.data, seed=4, draws=1000, tune=1000, chains=2)
    draws = round(1000 * WARM_DRAWS)
    warm = sample_posterior(model.data_around(start), seed=4, draws=draws, tune=1000 // WARM_SHARE, chains=2)
    assert warm.divergences == 0
    assert warm.steps <= 1.5 * cold.steps
    assert least_ess(warm) >= 0.5 * least_ess(cold)


def test_a_fit_of_other_channels_is_left_aside(panel, last):
    other = {"channel 0": Channel(adstock="weibull")}
    assert prepare(panel, CONFIG, {}).start_of(last.posterior) is not None
    assert prepare(panel, CONFIG, other).start_of(last.posterior) is None
    renamed = replace(panel, channels=("a", "b"))
    assert prepare(renamed, CONFIG, {}).start_of(last.posterior) is None
