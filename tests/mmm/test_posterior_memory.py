"""What a fit's summaries need beside the draws, and how much of it is saved."""

import tracemalloc

import numpy as np
import pytest

from tests.mmm.posteriors import prepared, result_of, sample
from tests.mmm.worlds import simulate
from workbench.mmm.density.parameters import natural
from workbench.mmm.posterior.coefficients import draw_baseline
from workbench.mmm.posterior.decomposition import decompose
from workbench.mmm.posterior.fitted_response import response_model

DRAWS, WEEKS, CHANNELS = 200, 104, 4


def peak(markets: int) -> int:
    """Bytes at the highest point of taking the KPI apart, beyond what was there before and what it keeps."""
    model = prepared(simulate(seed=1, weeks=WEEKS, markets=markets, roas=(1.0, 2.0, 3.0, 1.5)).panel, knots=0)
    draws = natural(sample(model, DRAWS).flat(DRAWS), model.design, model.priors)
    rng = np.random.default_rng(0)
    tracemalloc.start()
    response = response_model(draws, model.design)
    baseline = draw_baseline(response, draws, model.design, model.rotation, rng)
    parts = decompose(response, baseline, draws, model.design, model.rotation, rng)
    kept, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert parts.contribution.shape == (DRAWS, markets, CHANNELS)
    return highest - kept


def test_memory_does_not_grow_with_the_draws_of_more_markets():
    media_of_one_market = DRAWS * WEEKS * CHANNELS * 8
    assert peak(24) - peak(4) < 2 * media_of_one_market


@pytest.mark.slow
def test_twenty_markets_with_a_thousand_draws_are_saved_in_less_than_50_megabytes(tmp_path):
    panel = simulate(seed=1, weeks=156, markets=20, roas=(1.0, 2.0, 3.0, 1.5)).panel
    result_of(panel, draws=1000).save(tmp_path / "result")
    size = sum(file.stat().st_size for file in (tmp_path / "result").rglob("*"))
    assert size < 50e6, f"{size / 1e6:.1f} MB"
