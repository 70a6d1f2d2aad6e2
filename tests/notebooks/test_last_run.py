"""A media mix starts from the last one of its series; without it, the same inputs and seed give the same numbers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr

from tests.mmm.worlds import simulate
from workbench.mmm import MediaMixResult
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.prepare import prepare
from workbench.result import Provenance
from workbench.runs import finished_runs
from workbench.workspace import Workspace, open_workspace

pytestmark = pytest.mark.slow
SHORT = {"draws": 400, "tune": 400, "judge": False}


@pytest.fixture
def company(tmp_path: Path) -> Workspace:
    panel = simulate(seed=5, weeks=104, markets=1).panel
    frame = {"week": panel.weeks.strftime("%Y-%m-%d"), "kpi": panel.kpi[:, 0]}
    spend = {name: panel.window_spend[:, 0, c] for c, name in enumerate(panel.channels)}
    table = xr.Dataset({name: ("row", values) for name, values in (frame | spend).items()}).to_dataframe()
    table.to_csv(tmp_path / "weeks.csv", index=False)
    wide = ", ".join(f'"{name}" = "{name}"' for name in panel.channels)
    (tmp_path / "workbench.toml").write_text(
        '[workspace]\nname = "Company"\n[tables.kpi]\npath = "weeks.csv"\n'
        f'[tables.media]\npath = "weeks.csv"\nwide = {{ spend = {{ {wide} }} }}\n',
        encoding="utf-8",
    )
    return open_workspace(tmp_path)


def papermill(notebook: Path, folder: Path) -> None:
    """As a scheduler without the workbench would run it."""
    assigned = [text for name, value in SHORT.items() for text in ("-p", name, str(value))]
    command = [sys.executable, "-m", "papermill", str(notebook), str(folder / "out.ipynb"), *assigned]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    done = subprocess.run([*command, "--cwd", str(folder)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_run_starts_from_the_last_one_and_can_be_repeated_without_it(repository, company, finished):
    first = finished(company, "media_mix", **SHORT)
    papermill(repository / "notebooks" / "media_mix.ipynb", company.root)
    newest = finished_runs(company.reports)[0]
    before, after = (MediaMixResult.load(record.result_folder) for record in (first, newest))

    assert newest.trigger == "interactive"
    assert [result.provenance.parameters["last"] for result in (before, after)] == ["none", first.run_id]
    assert "stability" not in {check.name for check in before.checks}
    stability = next(check for check in after.checks if check.name == "stability")
    assert stability.passed
    assert "the data stayed as they were" in stability.detail
    assert (
        f"Compared with the run of {before.provenance.created_at:%-d %B %Y}" in (company.root / "out.ipynb").read_text()
    )

    settings = {"provenance": Provenance(), "seed": 1, "draws": SHORT["draws"], "tune": SHORT["tune"]}
    model = prepare(company.panel(), company.config.media_mix, company.config.channels)
    repeated = fit_media_mix(model, **settings)
    xr.testing.assert_identical(repeated.posterior, before.posterior)
