"""Which earlier media mix a new one starts from: the newest of its series that can be used, and never an error about an old folder."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.mmm.posteriors import result_of
from tests.mmm.worlds import simulate
from workbench.errors import DataError, RunError
from workbench.mmm.result import MediaMixResult
from workbench.result import Check, Provenance
from workbench.runs import last_fit, save_run


@pytest.fixture(scope="module")
def fitted() -> MediaMixResult:
    result = result_of(simulate(seed=3, weeks=60, markets=1).panel, knots=0, draws=20)
    return replace(result, checks=(Check(name="convergence", passed=True),), currency="EUR")


@pytest.fixture
def run(workspace, fitted) -> Callable[..., Path]:
    """Save the fit as a run of its own, made on some day of November."""

    def save(day: int = 1, weeks: int = 0, **changes: object) -> Path:
        made = Provenance(parameters={"weeks": weeks}, created_at=datetime(2026, 11, day, tzinfo=UTC))
        return save_run(replace(fitted, provenance=made, **changes), workspace=workspace)

    return save


def test_the_newest_run_of_the_series_is_taken(workspace, run):
    run(day=1)
    newest = run(day=2)
    other = run(day=3, weeks=52)
    found = last_fit(workspace)
    assert found.run == newest.name
    assert found.result is not None
    assert found.result.provenance.created_at == datetime(2026, 11, 2, tzinfo=UTC)
    assert found.note == f"Compared with the run of 2 November 2026 ({newest.name})."
    assert last_fit(workspace, weeks=52).run == other.name


def test_with_no_run_before_nothing_is_compared(workspace, run):
    assert last_fit(workspace).result is None
    assert last_fit(workspace).run == "none"
    run()
    assert last_fit(workspace, "none").result is None


def without_posterior(folder: Path) -> None:
    (folder / "result" / "posterior.nc").unlink()


def with_half_a_posterior(folder: Path) -> None:
    path = folder / "result" / "posterior.nc"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def with_a_broken_table(folder: Path) -> None:
    (folder / "result" / "estimates.parquet").write_bytes(b"PAR1")


def with_broken_json(folder: Path) -> None:
    (folder / "result" / "result.json").write_text('{"analysis": "media_mix"')


def without_result(folder: Path) -> None:
    for path in (folder / "result").iterdir():
        path.unlink()


def with_a_broken_record(folder: Path) -> None:
    (folder / "run.json").write_text("{")


DAMAGES = (
    without_posterior,
    with_half_a_posterior,
    with_a_broken_table,
    with_broken_json,
    without_result,
    with_a_broken_record,
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_run_is_passed_over_and_named(workspace, run, damage):
    sound, damaged = run(day=1), run(day=2)
    damage(damaged)
    found = last_fit(workspace)
    assert found.run == sound.name
    assert "Left out: " in found.note
    assert damaged.name in found.note


def test_a_run_that_would_mislead_is_passed_over_and_named(workspace, run, fitted):
    run(checks=(Check(name="convergence", passed=False),))
    run(currency="USD")
    run(posterior=fitted.posterior.drop_vars("baseline_columns"))
    found = last_fit(workspace)
    assert found.result is None
    for reason in (
        "had not converged",
        "counts in USD, not in EUR",
        "lacks baseline_columns; another version saved it",
    ):
        assert reason in found.note


def test_a_run_can_be_named_by_id_beginning_or_folder(workspace, run):
    first, second = run(day=1), run(day=2)
    assert last_fit(workspace, first.name).run == first.name
    assert last_fit(workspace, second.name[:-1]).run == second.name
    assert last_fit(workspace, str(first)).run == first.name
    assert last_fit(workspace, f"reports/runs/{first.name}").run == first.name
    with pytest.raises(RunError, match="there is no run 'nothing'"):
        last_fit(workspace, "nothing")
    without_posterior(first)
    with pytest.raises(RunError, match=f"run {first.name} can't be read .*lacks the field posterior"):
        last_fit(workspace, first.name)


def test_a_posterior_of_another_version_is_refused_by_name(run, fitted):
    folder = run(posterior=fitted.posterior.drop_vars(["slope", "kpi"]))
    with pytest.raises(
        DataError, match="the posterior in .* lacks kpi; another version saved it, run the notebook again"
    ):
        MediaMixResult.load(folder / "result")
