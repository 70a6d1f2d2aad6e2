"""Scores of a company whose tables lie on a PostgreSQL server: the embedded engine's, to 1e-9, and no order leaves the server."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.postgres_server import rows_fetched
from tests.shop import CUSTOMERS, LEADS
from workbench.propensity import chosen_score, collect_cases, tables_of, train_scores
from workbench.propensity.result import PropensityResult
from workbench.propensity.rows import Population
from workbench.runs.handoff import write_handoff
from workbench.workspace import Workspace, open_workspace

EXACT = 1e-9
# Rows of people on two past days of scoring, an order more than five times as many.
AT_MOST = {"next_order": 2 * CUSTOMERS, "lead": LEADS}


def collected(company: Workspace, name: str) -> Population:
    _, spec = chosen_score(company.config.scores, name)
    return collect_cases(company.optional_table, spec, company.config, as_of=None)


def handed_on(folder: Path, name: str, place: Path) -> tuple[PropensityResult, pd.DataFrame]:
    """From the workspace to the hand-off, as the notebook goes."""
    company = open_workspace(folder)
    name, spec = chosen_score(company.config.scores, name)
    trained = train_scores(
        collected(company, name),
        name,
        spec,
        currency=company.currency,
        governance=company.config.governance,
        provenance=company.provenance(*tables_of(spec), seed=1),
        seed=1,
    )
    write_handoff({"scores.csv": trained.batches()}, place)
    return trained.result, pd.read_csv(place / "scores.csv").sort_values("id", ignore_index=True)


def told(found: Population | PropensityResult) -> list[tuple[str, bool | None, str]]:
    return [(check.name, check.passed, check.detail) for check in found.checks]


def test_both_engines_collect_the_same_cases(shops):
    ours, theirs = (collected(open_workspace(folder), "churn") for folder in shops)
    pd.testing.assert_frame_equal(theirs.training.features, ours.training.features, rtol=EXACT, check_dtype=False)
    pd.testing.assert_frame_equal(theirs.training.groups, ours.training.groups)
    for part in ("outcome", "time", "known", "unit"):
        np.testing.assert_array_equal(getattr(theirs.training, part), getattr(ours.training, part))
    np.testing.assert_allclose(theirs.training.value, ours.training.value, rtol=EXACT)
    waiting = [each.open.to_pandas().sort_values("id", ignore_index=True) for each in (ours, theirs)]
    pd.testing.assert_frame_equal(waiting[1], waiting[0], rtol=EXACT, check_dtype=False)
    assert told(theirs) == told(ours)


@pytest.mark.parametrize("name", ["next_order", "lead"])
def test_both_engines_score_alike(shops, tmp_path, name):
    ours, scores = handed_on(shops[0], name, tmp_path / "embedded")
    with rows_fetched() as fetched:
        theirs, same = handed_on(shops[1], name, tmp_path / "server")
    pd.testing.assert_frame_equal(same, scores, rtol=EXACT)
    pd.testing.assert_frame_equal(theirs.estimates, ours.estimates, rtol=EXACT)
    assert theirs.findings == ours.findings
    assert told(theirs) == told(ours)
    assert scores.selected.any()
    assert max(fetched) <= AT_MOST[name]
