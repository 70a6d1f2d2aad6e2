"""What past cases say before anybody is scored: leakage, the better model, and how it did on later cases."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.config.customers import Score
from workbench.errors import SpecError
from workbench.propensity.competition import Competition, compete
from workbench.propensity.leakage import Leakage, find_leakage
from workbench.propensity.rows import Population, TrainingRows
from workbench.propensity.stability import Calibrated, RankingDrop, judge_calibration, judge_ranking
from workbench.propensity.time_markers import time_markers
from workbench.propensity.time_split import Split, split_by_chance, split_in_time


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was found.

    Attributes:
        rows: All cases, without the columns that leak.
        test: The latest of them, or some by chance where all are of one moment.
        split: Which ones those are.
        leakage: Which columns were left out for it.
        time_markers: Columns left out since they tell the time instead of the case.
        competition: Both models.
        calibrated: Whether the winner's probabilities held on the test.
        ranking: Whether its order did.
    """

    rows: TrainingRows
    test: TrainingRows
    split: Split
    leakage: Leakage
    time_markers: tuple[str, ...]
    competition: Competition
    calibrated: Calibrated
    ranking: RankingDrop


def weigh(population: Population, spec: Score, seed: int) -> Evidence:
    """Search for leakage, let both models compete without it, and judge the winner.

    Raises:
        SpecError: If the cases don't span enough time, or no column is left to learn from.
    """
    everything = population.training
    _require_columns(everything, "every column was left out")
    share = spec.test_share
    split = split_by_chance(everything, share, seed) if population.of_one_moment else split_in_time(everything, share)
    markers = tuple(
        name
        for name in time_markers(everything.features, everything.time)
        if name not in (*spec.features, *everything.made)
    )
    everything = everything.only([name for name in everything.features.columns if name not in markers])
    _require_columns(everything, f"all of them, {', '.join(markers)}, tell the time instead of the case")
    leakage = find_leakage(everything, split, spec.known_before, seed)
    rows = everything.only([name for name in everything.features.columns if name not in leakage.columns])
    _require_columns(rows, f"all that is left, {', '.join(leakage.columns)}, looks like leakage")
    competition = compete(rows, split, seed)
    test = rows.at(split.test)
    return Evidence(
        rows=rows,
        test=test,
        split=split,
        leakage=leakage,
        time_markers=markers,
        competition=competition,
        calibrated=judge_calibration(competition.winner, test, seed),
        ranking=RankingDrop.unknown() if split.by_chance else judge_ranking(competition.winner, rows.at(split.train)),
    )


def _require_columns(rows: TrainingRows, why: str) -> None:
    if rows.features.shape[1] == 0:
        raise SpecError(f"a score has no column to learn from: {why}; map columns that are known on the day of scoring")
