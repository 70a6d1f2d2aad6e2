"""A finished run to report on: a result with a failed check, figures, tables, and a notebook that shows them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbench.present import display
from workbench.present.style import PALETTE, axis_units, direct_label, headline, money_ticks, new_figure
from workbench.result import Check, Estimate, Provenance, Result, estimates_frame

RUN = {"run_id": "20250107-063000-media_mix-a1b2", "started_at": "2025-01-07T06:30:00+00:00"}


@pytest.fixture(scope="session")
def result() -> Result:
    return Result(
        title="What media returned",
        estimates=estimates_frame(
            [
                Estimate(quantity="roas", entity="TV", estimate=2.1, lower=1.5, upper=2.8, level=0.9),
                Estimate(quantity="roas", entity="Search", estimate=13.4, lower=12.38, upper=14.6, level=0.9),
                Estimate(
                    quantity="contribution", entity="TV", estimate=4.1e6, lower=3e6, upper=5e6, unit="EUR", level=0.9
                ),
                Estimate(quantity="lift", entity="TV", estimate=0.054, lower=-0.01, upper=0.12, unit="%", level=0.9),
                Estimate(quantity="tests", entity="TV", estimate=3),
            ]
        ),
        findings=(
            "Media brought €9.69m of revenue in the last year (90% interval €7.1m to €12.4m).",
            "Out of home lost −€31k (−€60k to −€2k); #1 of *all* losses_in_2024 <b>@home</b> costs $5 \\ week.",
        ),
        checks=(
            Check(name="convergence", passed=True, value=1.004, threshold=1.01, detail="The largest R-hat is 1.004."),
            Check(name="spend_range", passed=None, detail="Affiliates never spent more than €12k a week."),
            Check(
                name="holdout_coverage",
                passed=False,
                value=0.74,
                threshold=0.8,
                detail="Only 74% of weeks fell inside.",
            ),
        ),
        provenance=Provenance(
            inputs={"media": "9f86d081884c7d659a2f"},
            window=(date(2022, 1, 3), date(2024, 12, 29)),
            parameters={"draws": 1000},
            seed=7,
            commit="0123456789abcdef0123",
            versions={"numpy": "2.3.4"},
            created_at=datetime(2025, 1, 7, 6, 30, 12, 345678, tzinfo=UTC),
        ),
    )


@pytest.fixture
def chart():
    figure, ax = new_figure()
    weeks = np.arange(52)
    revenue = 3e5 + 5e4 * np.sin(weeks / 8)
    ax.fill_between(weeks, revenue * 0.9, revenue * 1.1, color=PALETTE.band)
    ax.plot(weeks, revenue, color=PALETTE.accent)
    direct_label(ax, weeks[-1], revenue[-1], "Television", PALETTE.accent)
    money_ticks(ax, "EUR")
    axis_units(ax, "Week", "Contribution (EUR a week)")
    headline(ax, "Television brought about €300k every week")
    return figure


@pytest.fixture
def long_frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    weeks = pd.date_range("2019-01-07", periods=300, freq="7D")
    return pd.DataFrame(
        {"week": weeks, "marker": [f"row-{i:03d}" for i in range(300)], "spend": rng.gamma(2, 2e4, 300)}
    )


def shown(item: display.Display):
    return new_code_cell("secret_code = 1", outputs=[new_output("execute_result", data=item._repr_mimebundle_())])


@pytest.fixture
def notebook(tmp_path: Path, result: Result, chart, long_frame: pd.DataFrame) -> Path:
    noise = new_output("stream", name="stderr", text="a progress bar")
    cells = [
        new_markdown_cell("# Media mix\n\nWhat each channel **caused**."),
        new_markdown_cell("## Load the data"),
        new_code_cell("secret_code = 2", outputs=[noise]),
        shown(display.page_one(result, "Nordwind Handel GmbH")),
        new_markdown_cell("## Returns\n\nCosts $5 and $10, \\#hash, שלום and مرحبا, and $\\frac{a}{a+k}$ by *design*."),
        shown(display.figure(chart, "Dots are estimates.")),
        shown(display.estimates_table(result, "roas", "Return for each euro", "Channel")),
        new_markdown_cell("## Weeks"),
        shown(display.table(long_frame, "Spend by week", {"spend": "EUR"})),
    ]
    path = tmp_path / "media_mix.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path
