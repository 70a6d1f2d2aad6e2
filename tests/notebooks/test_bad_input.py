"""Bad tables are refused in one sentence, which is what a run ends with; nothing half-written stays."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import WorkbenchError
from workbench.runs.execute import run_notebook
from workbench.workspace import Workspace, open_workspace

WEEKS = pd.date_range("2023-01-02", periods=60, freq="7D")


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(1)
    kpi = pd.MultiIndex.from_product([WEEKS, ["AT", "DE"]], names=["week", "market"]).to_frame(index=False)
    media = pd.MultiIndex.from_product([WEEKS, ["AT", "DE"], ["search", "tv"]], names=["week", "market", "channel"])
    media = media.to_frame(index=False)
    return kpi.assign(kpi=rng.normal(1000, 30, len(kpi))), media.assign(spend=rng.gamma(2, 20, len(media)))


def company(folder: Path, kpi: pd.DataFrame, media: pd.DataFrame, columns: str = "") -> Workspace:
    kpi.to_csv(folder / "kpi.csv", index=False)
    media.to_csv(folder / "media.csv", index=False)
    config = (
        f'[workspace]\nname = "Company"\n[tables.kpi]\npath = "kpi.csv"\n[tables.media]\npath = "media.csv"\n{columns}'
    )
    (folder / "workbench.toml").write_text(config, encoding="utf-8")
    return open_workspace(folder)


def with_cell(frame: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    changed = frame.astype({column: object})
    changed.loc[row, column] = value
    return changed


KPI, MEDIA = tables()
CASES = {
    "a misspelt column": (
        KPI,
        MEDIA,
        'columns = { spend = "spedn" }',
        "names the column spedn, which isn't there; did you mean spend?",
    ),
    "negative spend": (KPI, with_cell(MEDIA, 5, "spend", -120), "", "media.spend is negative in 1 row"),
    "a duplicate week": (pd.concat([KPI, KPI.iloc[[3]]]), MEDIA, "", "kpi has 1 repeated key"),
    "a missing market-week": (KPI.drop(index=7), MEDIA, "", "kpi lacks 1 of 120 rows"),
    "text in a number": (KPI, with_cell(MEDIA, 9, "spend", "n/a"), "", "media.spend is not a number in 1 row"),
    "an empty table": (KPI.iloc[:0], MEDIA, "", "kpi is empty"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_bad_table_is_refused_in_one_sentence(tmp_path, case):
    kpi, media, columns, sentence = CASES[case]
    with pytest.raises(WorkbenchError) as refused:
        company(tmp_path, kpi, media, columns).panel()
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
def test_a_run_ends_with_that_sentence_and_leaves_nothing(tmp_path):
    kpi, media, columns, sentence = CASES["negative spend"]
    workspace = company(tmp_path, kpi, media, columns)
    record = run_notebook(workspace, "media_mix", timeout=300)
    assert record.status == "failed"
    assert sentence in record.reason
    assert "\n" not in record.reason
    assert "Traceback" not in record.reason
    assert not [*(workspace.reports / "runs").iterdir()]
