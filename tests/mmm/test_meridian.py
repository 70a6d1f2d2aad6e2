"""Meridian's published simulated sets converge without a complaint."""

import pytest

from tests.mmm.worlds import meridian
from workbench.config import MediaMix
from workbench.mmm.fit import fit_media_mix
from workbench.result import Provenance

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["national", "geo"])
def test_meridian_sets_converge_and_cover(shared_data, name):
    result = fit_media_mix(meridian(shared_data, name), MediaMix(), {}, provenance=Provenance(), seed=1)
    checks = {check.name: check for check in result.checks}
    assert checks["convergence"].passed, checks["convergence"].detail
    assert checks["predictive_coverage"].passed, checks["predictive_coverage"].detail
    total = result.contributions.groupby(["week", "market"]).estimate.sum().to_numpy()
    assert total == pytest.approx(result.fit.sort_values(["week", "market"]).fitted.to_numpy())
