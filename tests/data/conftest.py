"""A small company in text files, and what it takes to break it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.workspace import Workspace, open_workspace

WEEKS = pd.date_range("2024-01-01", periods=6, freq="7D")

CONFIG = """
[workspace]
name = "Small company"

[tables.kpi]
path = "kpi.csv"

[tables.media]
path = "media.csv"
"""


def small_kpi() -> pd.DataFrame:
    grid = pd.MultiIndex.from_product([WEEKS, ["AT", "DE"]], names=["week", "market"]).to_frame(index=False)
    return grid.assign(kpi=np.arange(len(grid)) * 10.0 + 100)


def small_media() -> pd.DataFrame:
    grid = pd.MultiIndex.from_product([WEEKS, ["AT", "DE"], ["search", "tv"]], names=["week", "market", "channel"])
    grid = grid.to_frame(index=False)
    return grid.assign(spend=np.arange(len(grid)) + 1.0)


@pytest.fixture
def company(tmp_path: Path) -> Callable[..., Workspace]:
    """Write a workspace of CSV files and open it."""

    def build(config: str = CONFIG, **tables: pd.DataFrame | str) -> Workspace:
        content: dict[str, pd.DataFrame | str] = {"kpi": small_kpi(), "media": small_media(), **tables}
        for name, table in content.items():
            text = table if isinstance(table, str) else table.to_csv(index=False)
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        (tmp_path / "workbench.toml").write_text(config, encoding="utf-8")
        return open_workspace(tmp_path)

    return build
