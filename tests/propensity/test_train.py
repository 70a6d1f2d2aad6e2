"""A whole score on simulated leads: as good as the truth allows, calibrated, cut near the best line, handed on."""

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest
from propensity.worlds import simulate
from sklearn.metrics import roc_auc_score

from workbench.config.customers import Score
from workbench.errors import DataError, SpecError
from workbench.propensity import PropensityResult, train_scores
from workbench.propensity.batches import score_people
from workbench.propensity.leads import lead_population
from workbench.result import Provenance
from workbench.runs.handoff import read_handoff, write_handoff
from workbench.wording import money

WORLD = simulate(11, size=6000)
SPEC = Score(kind="lead", horizon_days=30, value=100.0, cost=20.0, fairness=("origin",))
LAST_DAY = date(2024, 12, 31)


def trained(frame: pd.DataFrame, spec: Score = SPEC, as_of: date | None = LAST_DAY):
    cases = lead_population(ibis.memtable(frame), spec, as_of)
    return train_scores(cases, "won", spec, currency="EUR", provenance=Provenance(), seed=1)


@pytest.fixture(scope="module")
def leads() -> pd.DataFrame:
    return WORLD.leads()


@pytest.fixture(scope="module")
def score(leads):
    return trained(leads)


def metric(score, name: str):
    rows = score.result.models[score.result.models.chosen & (score.result.models.metric == name)]
    return rows.iloc[0]


@pytest.fixture(scope="module")
def open_truth(score, leads, tmp_path_factory):
    """Everyone who was scored, with the truth."""
    folder = tmp_path_factory.mktemp("handoff")
    write_handoff({"scores.csv": score.batches()}, folder)
    scores = read_handoff(folder / "scores.csv")
    truth = pd.Series(WORLD.truth, index=leads.lead_id)
    return scores.assign(truth=truth[scores.id].to_numpy())


def test_the_truth_is_logistic_so_logistic_regression_stays(score):
    assert score.result.card.model == "logistic regression"


def test_held_out_auc_is_near_what_the_truth_itself_reaches(score):
    best = roc_auc_score(WORLD.won, WORLD.truth)
    auc = metric(score, "auc")
    assert auc.lower <= best <= auc.upper + 0.01
    assert auc.estimate > best - 0.03


def test_probabilities_are_near_the_truth_and_the_checks_say_so(score, open_truth):
    assert np.abs(open_truth.probability - open_truth.truth).mean() < 0.025
    passed = {check.name: check.passed for check in score.result.checks}
    assert passed["calibration"] is True
    assert passed["leakage"] is True
    assert passed["skill"] is True


def test_acting_by_the_cut_earns_nearly_what_knowing_the_truth_would(open_truth):
    gain = open_truth.truth * 100 - 20
    best = gain[gain > 0].sum()
    assert gain[open_truth.selected].sum() > 0.97 * best
    assert gain.sum() < 0.9 * best


def test_only_open_leads_are_scored_and_only_closed_ones_learnt_from(score, leads, open_truth):
    created = leads.set_index("lead_id").created_at[open_truth.id]
    assert (created > pd.Timestamp("2024-12-01")).all()
    assert score.result.card.trained_to <= date(2024, 12, 2)


def test_the_hand_off_keeps_its_columns_and_its_promises(score, open_truth):
    card = score.result.card
    assert list(open_truth.columns[:11]) == [
        "id", "score", "probability", "decile", "selected", "expected_value", "reason_1", "reason_2", "reason_3",
        "model_version", "as_of",
    ]  # fmt: skip
    assert open_truth.selected.sum() == card.selected
    assert open_truth.probability[open_truth.selected].min() >= card.cut - 1e-6
    assert open_truth.expected_value.to_numpy() == pytest.approx(100 * open_truth.probability, abs=1e-3)
    assert open_truth.groupby("decile").probability.mean().is_monotonic_decreasing
    assert set(open_truth.decile) == set(range(1, 11))


def test_batches_of_any_size_say_the_same(score, leads):
    people = lead_population(ibis.memtable(leads), SPEC, LAST_DAY).open
    few = score_people(score.model, people, ("visits",), size=37)
    np.testing.assert_allclose(np.sort(few.probability), np.sort(score.scored.probability))


def test_a_result_survives_its_folder(score, tmp_path):
    score.result.save(tmp_path / "result")
    back = PropensityResult.load(tmp_path / "result")
    assert back.card == score.result.card
    assert back.findings == score.result.findings
    pd.testing.assert_frame_equal(back.tenths, score.result.tenths)


def test_no_id_lies_in_the_result(score, tmp_path):
    score.result.save(tmp_path / "result")
    for file in (tmp_path / "result").iterdir():
        assert b"L00" not in file.read_bytes()


def test_a_leak_is_left_out_said_on_page_one_and_does_not_move_the_score(score, leads):
    late = leads.assign(calls=np.where(WORLD.won, 9.0, 1.0) + np.random.default_rng(1).normal(size=len(leads)))
    found = trained(late)
    assert any("calls" in sentence for sentence in found.result.findings)
    assert "calls" not in set(found.result.features.column)
    np.testing.assert_allclose(found.scored.probability, score.scored.probability)


def test_without_open_leads_the_test_is_rehearsed(leads):
    found = trained(leads, as_of=date(2025, 6, 1))
    assert found.result.card.rehearsal
    assert found.result.card.scored == found.result.card.test_cases
    assert found.result.card.trained_to < found.result.card.test_from


def test_only_noise_fails_the_skill_check(leads):
    noise = leads[["lead_id", "created_at", "won_at", "noise"]]
    checks = {check.name: check for check in trained(noise, SPEC.model_copy(update={"fairness": ()})).result.checks}
    assert checks["skill"].passed is False
    assert "don't act" in checks["skill"].detail


def test_a_rate_that_moves_fails_the_calibration_check_and_names_the_mend():
    rng = np.random.default_rng(5)
    world = simulate(5, size=6000)
    drift = np.linspace(0, 1, 6000) > 0.72
    won = world.won | (drift & (rng.random(6000) < 0.35))
    moved = type(world)(world.features, won, world.truth).leads()
    found = trained(moved, SPEC.model_copy(update={"fairness": ()}))
    check = next(check for check in found.result.checks if check.name == "calibration")
    assert check.passed is False
    assert "anew on the latest block" in check.detail
    assert found.result.card.recalibrated
    assert found.scored.probability.mean() == pytest.approx(
        world.truth.mean() + 0.35 * (1 - world.truth.mean()), abs=0.06
    )


def test_ids_that_address_a_person_never_reach_the_hand_off(score, leads):
    people = lead_population(ibis.memtable(leads.assign(lead_id=leads.lead_id + "@example.com")), SPEC, LAST_DAY).open
    with pytest.raises(DataError, match="e-mail addresses"):
        score_people(score.model, people, ())


def test_nothing_to_learn_from_is_said(leads):
    with pytest.raises(SpecError, match="no column to learn from"):
        trained(leads[["lead_id", "created_at", "won_at"]], SPEC.model_copy(update={"fairness": ()}))


def test_people_of_unknown_groups_are_compared_too(leads):
    """Whoever has no value is a group of their own: left out, all others would be others than are said."""
    some = leads.assign(told=np.where(leads.origin == "search", None, leads.origin))
    result = trained(some, SPEC.model_copy(update={"fairness": ("told",)})).result
    assert set(result.fairness.group) == {"event", "social", "unknown"}
    assert result.fairness.drop_duplicates("group").customers.sum() == result.card.test_cases


def test_page_one_tells_money_certainty_and_what_to_do(score):
    card, worth, first = score.result.card, score.worth, score.result.findings[0]
    expected = score.scored.probability[score.scored.selection(score.cut)].sum() * worth.value - 20 * card.selected
    assert money(expected, "EUR") in first
    assert f"{card.selected:,} likeliest of {card.scored:,} leads" in first
    share = 20 * card.selected / (expected + 20 * card.selected)
    assert f"It pays as soon as {share:.0%} of the wins come from acting" in first
    # The world doesn't change, so neither do the score's promises fail.
    assert next(check for check in score.result.checks if check.name == "line").passed
    assert len(score.result.findings) <= 6
