"""Leads that all carry one date: judged on some held back by chance, and said so wherever later ones would have been claimed."""

import re
from dataclasses import replace
from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest
from propensity.worlds import simulate
from sklearn.metrics import roc_auc_score

from workbench.config.customers import Score
from workbench.errors import SpecError
from workbench.present.figures.propensity import action_figures, trust_figures
from workbench.present.model_card import model_card
from workbench.propensity import PropensityResult, train_scores
from workbench.propensity.leads import lead_population
from workbench.propensity.time_split import split_by_chance
from workbench.result import Provenance
from workbench.runs.handoff import read_handoff, write_handoff

WORLD = simulate(11, size=6000)
DAY = pd.Timestamp("2019-01-01")
SPEC = Score(kind="lead", value=100.0, cost=20.0)


def snapshot(unknown: int = 0) -> pd.DataFrame:
    """Leads of one day, of which the last so many may still be won."""
    won = pd.Series(WORLD.won, dtype="boolean")
    won[len(won) - unknown :] = pd.NA
    ids = [f"L{i:06d}" for i in range(len(won))]
    return WORLD.features.assign(lead_id=ids, created_at=DAY, won=won)


def trained(frame: pd.DataFrame):
    return train_scores(
        lead_population(ibis.memtable(frame), SPEC, None), "won", SPEC, currency="EUR", provenance=Provenance(), seed=1
    )


@pytest.fixture(scope="module")
def rehearsed():
    return trained(snapshot())


def scores_of(score, folder) -> pd.DataFrame:
    write_handoff({"scores.csv": score.batches()}, folder)
    return read_handoff(folder / "scores.csv")


def test_a_part_of_the_units_is_held_back_whole():
    rows = replace(WORLD.rows(days=1), unit=np.arange(6000) // 3)
    split = split_by_chance(rows, 0.25, seed=1)
    assert split.by_chance
    assert len(split.test) == 1500
    assert not set(rows.unit[split.train]) & set(rows.unit[split.test])
    assert sorted([*split.train, *split.test]) == list(range(6000))
    assert (split_by_chance(rows, 0.25, seed=1).test == split.test).all()
    assert not (split_by_chance(rows, 0.25, seed=2).test == split.test).all()
    with pytest.raises(SpecError, match="split by chance, 0 outcomes among"):
        split_by_chance(replace(rows, outcome=np.zeros(6000, dtype=bool)), 0.25, seed=1)


def test_the_test_ranks_as_the_truth_does(rehearsed):
    auc = rehearsed.result.models.query("chosen and metric == 'auc'").iloc[0]
    best = roc_auc_score(WORLD.won, WORLD.truth)
    assert auc.lower <= best <= auc.upper + 0.01
    assert auc.estimate > best - 0.03


def test_without_open_leads_those_held_back_are_scored_by_a_model_that_had_not_seen_them(rehearsed, tmp_path):
    card, scores = rehearsed.result.card, scores_of(rehearsed, tmp_path)
    assert card.rehearsal
    assert len(scores) == card.scored == card.test_cases == 1500
    rows = lead_population(ibis.memtable(snapshot()), SPEC, None)
    tested = split_by_chance(rows.training, SPEC.test_share, seed=1).test
    assert set(scores.id) == set(rows.past.iloc[tested])
    truth = pd.Series(WORLD.truth, index=snapshot().lead_id)[scores.id].to_numpy()
    assert np.abs(scores.probability - truth).mean() < 0.035


def test_open_leads_are_scored_where_there_are_any(tmp_path):
    score = trained(snapshot(unknown=500))
    assert not score.result.card.rehearsal
    assert set(scores_of(score, tmp_path).id) == set(snapshot().lead_id[-500:])


def test_nothing_claims_that_it_was_judged_on_later_leads(rehearsed, tmp_path):
    rehearsed.result.save(tmp_path)
    result = PropensityResult.load(tmp_path)
    failed = next(check for check in result.checks if check.name == "judged_later")
    assert failed.passed is False
    assert "1 January 2019" in failed.detail
    assert "1,500" in failed.detail
    charts = [ax.get_title() for figure in (*action_figures(result), *trust_figures(result)) for ax in figure.axes]
    told = [
        *result.findings,
        *charts,
        str([vars(block) for block in model_card(result)]).replace("no case is later", ""),
    ]
    told += [check.detail for check in result.checks if check.name != "judged_later"]
    assert not [text for text in told if re.search(r"\b(later|latest|earlier|over time:)", text)]
    assert any("held-back" in text for text in result.findings)


def test_leads_of_two_days_are_judged_on_the_later_one():
    frame = snapshot().assign(created_at=[DAY] * 4000 + [DAY + pd.Timedelta(days=1)] * 2000)
    card = trained(frame).result.card
    assert not card.by_chance
    assert card.test_from == date(2019, 1, 2)
