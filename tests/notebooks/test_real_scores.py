"""Scores of published data sets, mapped by configuration alone, through `workbench run`."""

import pytest

from workbench.propensity import PropensityResult
from workbench.runs.handoff import read_handoff

pytestmark = pytest.mark.slow


def check(result, name):
    return next(check for check in result.checks if check.name == name)


def test_bank_flags_the_length_of_the_call(real_workspace, finished):
    """Moro, Cortez, Rita (2014): duration "should be discarded if the intention is to have a realistic predictive model"."""
    record = finished(real_workspace("bank"), "propensity")
    result = PropensityResult.load(record.result_folder)
    leaks = result.leakage[result.leakage.verdict == "leakage"]
    assert leaks.column.tolist() == ["duration"]
    assert leaks.auc.iloc[0] > 0.8
    assert result.leakage.auc[result.leakage.column != "duration"].max() < 0.6
    assert check(result, "leakage").passed is False
    assert any("duration" in sentence for sentence in result.findings)
    # What the economy does in a quarter ranks none of its calls, and with it the AUC of later calls is below one half.
    markers = result.exclusions[result.exclusions.reason.str.startswith("the same for all")]
    assert set(markers.column) == {"emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"}
    assert result.estimate("auc", result.card.model).lower > 0.68
    # The rate of success rose from 6% to 48% within the test: no earlier call can know that.
    assert check(result, "calibration").passed is False
    scores = read_handoff(record.path / "handoff" / "scores.csv")
    assert len(scores) == result.card.scored == result.card.test_cases
    assert scores.selected.sum() == result.card.selected


def test_olist_learns_from_the_log_of_deals_on(real_workspace, finished):
    record = finished(real_workspace("olist"), "propensity")
    result = PropensityResult.load(record.result_folder)
    outcome = check(result, "outcome")
    assert "5 December 2017" in outcome.detail
    assert "1 was won before it was created" in outcome.detail
    assert 0.07 < outcome.value < 0.11
    assert check(result, "skill").passed
    assert result.features.set_index("column").kind["landing_page_id"] == "many levels"
    assert check(result, "leakage").passed


def test_olist_on_an_earlier_day_scores_the_leads_that_were_open_then(real_workspace, finished):
    record = finished(real_workspace("olist"), "propensity", as_of="2018-05-31")
    result = PropensityResult.load(record.result_folder)
    assert not result.card.rehearsal
    assert 1000 < result.card.scored < 1500
    assert read_handoff(record.path / "handoff" / "scores.csv").id.is_unique
