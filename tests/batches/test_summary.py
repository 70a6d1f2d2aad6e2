"""A batch's summary, held to differences that were planted."""

import pandas as pd
import pytest

from workbench.batches import Batch, Member, members_named, summarise_batch
from workbench.batches.findings import apart
from workbench.errors import SpecError
from workbench.result import Check, Estimate, Provenance, Result, estimates_frame


def result(**returns: float) -> Result:
    rows = [
        Estimate(quantity="roas", entity=entity, estimate=value, lower=value - 0.5, upper=value + 0.5, level=0.9)
        for entity, value in returns.items()
    ]
    spend = [Estimate(quantity="spend", entity=entity, estimate=100.0, unit="EUR") for entity in returns]
    return Result(
        title="Media mix",
        estimates=estimates_frame([*rows, *spend]),
        checks=(Check(name="convergence", passed=returns["tv"] < 3, detail="It settled."),),
        findings=(f"TV returns {returns['tv']}.",),
        provenance=Provenance(),
    )


def member(name: str, found: Result | None, status: str = "finished", reason: str = "") -> Member:
    return Member(name=name, run_id=f"run-{name}", status=status, reason=reason, seconds=1.0, result=found)


@pytest.fixture(scope="module")
def summary():
    members = (
        member("DE", result(tv=1.0, search=2.0)),
        member("FR", result(tv=3.1, search=2.2)),
        member("GB", result(tv=1.4, search=2.6)),
        member("IT", None, "failed", "media.spend is negative."),
    )
    batch = Batch(batch_id="b", notebook="media_mix", analysis="media_mix", by="market", members=members)
    return summarise_batch(batch, Provenance())


def test_the_planted_difference_is_told_and_no_other(summary):
    assert summary.findings[0] == (
        "ROAS of tv differs: 3.1 (2.6 to 3.6) in FR, 1 (0.5 to 1.5) in DE (90% intervals, which don't overlap)."
    )
    assert not any("search differs" in finding for finding in summary.findings)
    assert "3 of 4 runs of media mix finished; IT didn't: media.spend is negative." in summary.findings
    assert any(finding.startswith("Runs with failed checks: 1.") for finding in summary.findings)


def test_only_quantities_with_intervals_are_compared(summary):
    assert set(summary.compared["quantity"]) == {"roas"}
    told = summary.estimates.set_index("entity")["estimate"].to_dict()
    assert told == {"DE/tv": 1.0, "DE/search": 2.0, "FR/tv": 3.1, "FR/search": 2.2, "GB/tv": 1.4, "GB/search": 2.6}


def test_missing_runs_and_failed_checks_are_checks(summary):
    checks = {check.name: check for check in summary.checks}
    assert checks["all_runs_finished"].passed is False
    assert "missing: IT" in checks["all_runs_finished"].detail
    assert checks["checks_of_all_runs"].passed is False
    assert summary.failed["name"].tolist() == ["FR"]


def test_it_survives_saving(summary, tmp_path):
    summary.save(tmp_path / "result")
    loaded = type(summary).load(tmp_path / "result")
    pd.testing.assert_frame_equal(loaded.compared, summary.compared)
    assert loaded.findings == summary.findings


def test_gaps_are_those_between_the_ends_of_intervals():
    rows = pd.DataFrame(
        {
            "entity": ["a", "a", "b", "b", "c"],
            "name": ["x", "y", "x", "y", "x"],
            "estimate": [1.0, 5.0, 1.0, 2.0, 9.0],
            "lower": [0.0, 4.0, 0.0, 0.5, 8.0],
            "upper": [2.0, 6.0, 2.0, 3.0, 10.0],
            "unit": "",
            "level": 0.9,
        }
    )
    found = apart(rows)
    assert found[["entity", "gap"]].to_dict("records") == [{"entity": "a", "gap": 2.0}, {"entity": "b", "gap": -1.5}]
    assert found[["low_name", "high_name"]].iloc[0].tolist() == ["x", "y"]


def test_runs_are_called_by_what_they_differ_in():
    assert members_named([{"market": "DE", "seed": 1}, {"market": "FR", "seed": 1}]) == ("market", ["DE", "FR"])
    by, names = members_named([{"market": "DE", "seed": 1}, {"market": "FR", "seed": 2}])
    assert (by, names) == ("market and seed", ["market DE seed 1", "market FR seed 2"])
    assert members_named([{"markets": ["DE", "FR"]}, {"markets": ["GB"]}])[1] == ["DE, FR", "GB"]


def test_a_batch_without_results_is_refused():
    batch = Batch(batch_id="b", notebook="m", analysis="", by="market", members=(member("DE", None, "failed", "x"),))
    with pytest.raises(SpecError, match="no run of the fan-out b finished with a result; run m again"):
        summarise_batch(batch, Provenance())
