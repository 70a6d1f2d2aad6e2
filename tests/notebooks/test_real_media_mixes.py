"""Media mixes of other projects' data sets, mapped by configuration alone, converge and cover: one through `workbench run`."""

import pytest

from workbench.mmm import MediaMixResult
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.prepare import prepare
from workbench.result import Provenance
from workbench.runs import lift_records

pytestmark = pytest.mark.slow


def converges_and_covers(result: MediaMixResult) -> None:
    passed = {check.name: check.passed for check in result.checks}
    assert passed["convergence"]
    assert passed["predictive_coverage"]
    parts = result.contributions.groupby(["week", "market"]).estimate.sum()
    fitted = result.fit.set_index(["week", "market"]).fitted.sort_index()
    assert parts.to_numpy() == pytest.approx(fitted.to_numpy())
    assert set(result.estimates[result.estimates.quantity == "roas"].entity) >= set(result.response.channels)


def test_a_national_media_mix_runs_with_all_its_evidence(real_workspace, finished):
    record = finished(real_workspace("meridian_national"), "media_mix")
    converges_and_covers(MediaMixResult.load(record.result_folder))


@pytest.mark.parametrize("name", ["meridian_geo", "pymc_marketing", "pymc_marketing_roas"])
def test_other_media_mixes_fit(real_workspace, name):
    company = real_workspace(name)
    prepared = prepare(company.panel(), company.config.media_mix, company.config.channels, lift_records(company))
    converges_and_covers(fit_media_mix(prepared, provenance=Provenance(), seed=1))
