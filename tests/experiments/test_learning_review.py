"""A review of past tests, held against programmes whose true effects are known."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from tests.runs.programme import Programme, record, simulate_programme
from workbench.errors import SpecError
from workbench.experiments.registry.claims import claims_since, fate_of
from workbench.experiments.registry.programme import ended, judge_tests, priors_by_kind, settled_tests, wilson
from workbench.experiments.registry.record import records_frame
from workbench.experiments.registry.review import LearningReview, review_learnings
from workbench.result import Provenance


def review(programme: Programme) -> LearningReview:
    return review_learnings(records_frame(programme.rows()), currency="EUR", provenance=Provenance())


def check(result: LearningReview, name: str):
    return next(check for check in result.checks if check.name == name)


def fates(lasting: float, programmes: int = 8) -> pd.Series:
    found = []
    for seed in range(programmes):
        programme = simulate_programme(seed, ideas=110, mean=0.01, sd=0.05, lasting=lasting, retested=100)
        records = records_frame(programme.rows())
        found.append(claims_since(records, priors_by_kind(records)).fate)
    shares = pd.concat(found).value_counts(normalize=True)
    return shares.reindex(["repeated", "decayed", "contradicted", "not settled"], fill_value=0.0)


@pytest.mark.parametrize(("successes", "trials"), [(0, 7), (3, 10), (41, 43), (5, 5)])
def test_the_interval_of_a_hit_rate_is_wilson_s(successes, trials):
    assert wilson(successes, trials) == pytest.approx(proportion_confint(successes, trials, method="wilson"), abs=1e-12)


def test_believed_effects_are_nearer_the_truth_and_winners_are_not_oversold():
    worse, promised, left, true = 0, 0.0, 0.0, 0.0
    for seed in range(10):
        programme = simulate_programme(seed, ideas=120)
        records = records_frame(programme.rows())
        tests = judge_tests(settled_tests(records), priors_by_kind(records)).set_index("experiment_id")
        truth = pd.Series(programme.truth, [told.experiment_id for told in programme.records]).reindex(tests.index)
        worse += ((tests.believed - truth) ** 2).mean() > ((tests.measured - truth) ** 2).mean()
        shipped = tests.verdict == "ship"
        promised += tests.measured[shipped].sum()
        left += tests.believed[shipped].sum()
        true += truth[shipped].sum()
    assert worse == 0
    assert promised > 1.05 * true
    assert left == pytest.approx(true, rel=0.04)


def test_what_lasts_is_rarely_called_broken():
    """Each claim is tested once more with the same true effect: at 95% confidence one in forty may look smaller."""
    found = fates(lasting=1.0)
    assert found.contradicted + found.decayed < 0.045
    assert found.repeated > 0.6


def test_what_vanished_or_faded_is_seen():
    lasts, faded, gone = (fates(lasting) for lasting in (1.0, 0.5, 0.0))
    assert lasts.contradicted < faded.contradicted / 3 < gone.contradicted / 9
    assert lasts.repeated > 2 * faded.repeated > 20 * gone.repeated
    assert faded.decayed > 3 * max(lasts.decayed, gone.decayed)
    assert gone.contradicted > 0.45


@pytest.mark.parametrize(
    ("later", "later_se", "fate"),
    [
        (0.09, 0.01, "repeated"),
        (0.04, 0.01, "decayed"),
        (0.00, 0.01, "contradicted"),
        (-0.05, 0.01, "contradicted"),
        (0.07, 0.06, "not settled"),
    ],
)
def test_the_four_fates_and_their_mirror_images(later, later_se, fate):
    assert fate_of(1, 0.10, 0.01, later, later_se) == fate
    assert fate_of(-1, -0.10, 0.01, -later, later_se) == fate


def test_later_tests_speak_together_and_in_the_metric_s_good_direction():
    belief = {"assumption": "Shorter forms help", "higher_is_better": False}
    found = review(
        Programme(
            records=(
                record("first", relative=-0.10, se=0.01, **belief),
                record("second", relative=-0.02, se=0.02, **belief),
                record("third", relative=0.01, se=0.01, **(belief | {"assumption": "shorter  FORMS help"})),
                record("other_metric", relative=0.01, se=0.01, **(belief | {"metric": "returns"})),
            ),
            truth=np.zeros(4),
        )
    )
    (claim,) = found.claims.to_dict("records")
    assert (claim["experiment_id"], claim["later_tests"]) == ("first", "second, third")
    assert claim["claimed"] == pytest.approx(0.10)
    assert claim["later"] == pytest.approx((0.02 / 4 - 0.01) / (1 / 4 + 1))
    assert claim["fate"] == "contradicted"
    assert check(found, "claims_stand").passed is False
    told = (
        "Don't build on “Shorter forms help” (first): it claimed to improve orders by 10.0%, where later data say −0.4%"
    )
    assert told in " ".join(found.findings)


def test_an_idea_that_was_given_up_too_early_is_not_to_be_ruled_out():
    belief = {"assumption": "Free returns help"}
    first, later = record("first", relative=-0.10, **belief), record("later", relative=0.01, **belief)
    found = review(Programme(records=(first, later), truth=np.zeros(2)))
    told = "Don't rule out “Free returns help” (first): it claimed to worsen orders by 10.0%, where later data say 1.0%"
    assert told in " ".join(found.findings)


def test_a_claim_that_its_own_newer_readout_drops_is_withdrawn():
    records = (record("a", relative=0.05), record("b"), record("a", verdict="invalid", decided_by="sample_ratio"))
    found = review(Programme(records=records, truth=np.zeros(3)))
    (claim,) = found.claims.to_dict("records")
    assert (claim["experiment_id"], claim["fate"], claim["claimed"]) == ("a", "withdrawn", pytest.approx(0.05))
    assert np.isnan(claim["later"])
    told = "it claimed to improve orders by 5.0%, and its readout of 2023-01-16 (invalid) took that back."
    assert told in " ".join(found.findings)
    assert list(found.tests.experiment_id) == ["b"]
    assert check(found, "valid_tests").passed is False
    assert "1 of 2 tests were invalid, by sample ratio" in check(found, "valid_tests").detail


def test_a_test_ends_when_it_was_decided_not_when_it_was_to_end():
    rows = Programme(records=(record("early", end=date(2023, 6, 1)), record("late")), truth=np.zeros(2)).rows()
    late = rows[1] | {"recorded_at": "2024-02-01T00:00:00+00:00"}
    days = ended(records_frame([rows[0], late]))
    assert list(days) == [pd.Timestamp("2024-01-21"), pd.Timestamp("2023-01-02")]


def test_hit_rates_are_counted_by_group():
    programme = simulate_programme(3)
    hits = review(programme).hits.set_index(["of", "name"])
    shipped = [told for told in programme.records if told.verdict == "ship"]
    assert hits.loc[("all", "all tests"), ["tests", "shipped"]].tolist() == [44, len(shipped)]
    assert hits.loc[("channel", "web"), "shipped"] == sum(told.channel == "web" for told in shipped)
    assert hits.loc[("tag", "summer"), "tests"] == hits.loc[("tag", "price"), "tests"] == 15
    # All of these tests were on users and ended in one year, which tells none of them apart.
    assert set(hits.index.get_level_values("of")) == {"all", "channel", "tag"}


def test_the_largest_promise_that_rests_on_one_test_is_to_be_repeated():
    programme = simulate_programme(4, ideas=40, retested=40)
    alone = record("alone", relative=0.08, profit=5e5, assumption="Nobody looked again")
    small = record("small", relative=0.08, profit=4e5, assumption="Nobody cared")
    found = review(replace(programme, records=(*programme.records, alone, small)))
    assert "Repeat alone next: €500k of promised profit rests on this one test." in found.findings


def test_doubling_every_effect_doubles_what_is_learnt():
    """But for the weak prior of the spread, which is wide beside both."""
    programme = simulate_programme(5, ideas=200)
    twice = [replace(told, relative=2 * told.relative, relative_se=2 * told.relative_se) for told in programme.records]
    one, two = review(programme).prior, review(replace(programme, records=tuple(twice))).prior
    assert (two.mean, two.sd) == pytest.approx((2 * one.mean, 2 * one.sd), rel=0.02)


def test_results_just_past_the_threshold_give_themselves_away():
    honest = review(simulate_programme(7, ideas=200))
    assert check(honest, "no_pile_at_the_threshold").passed
    pushed = [record(f"p{i}", relative=0.0205 + 1e-5 * i, se=0.01) for i in range(20)]
    programme = simulate_programme(7, ideas=40)
    found = review(replace(programme, records=(*programme.records, *pushed)))
    assert check(found, "no_pile_at_the_threshold").passed is False


def test_tests_too_small_for_usual_effects_are_named():
    assert check(review(simulate_programme(2, sd=0.10)), "large_enough_tests").passed
    assert check(review(simulate_programme(2, sd=0.005)), "large_enough_tests").passed is False


def test_nothing_to_review_is_a_sentence():
    empty = records_frame([])
    with pytest.raises(SpecError, match="no test has been read out that fits"):
        review_learnings(empty, currency="EUR", provenance=Provenance())
    running = Programme(records=(record("a", verdict="keep running"),), truth=np.zeros(1))
    with pytest.raises(SpecError, match=r"none of 1 tests is settled \(1 keep running\)"):
        review(running)


def test_few_tests_are_reviewed_and_told_to_be_few(tmp_path):
    found = review(Programme(records=(record("a"),), truth=np.zeros(1)))
    assert check(found, "enough_tests").passed is False
    assert check(found, "claims_stand").passed is None
    assert check(found, "large_enough_tests").detail == "It isn't known yet which true effect is a good one here."
    assert check(found, "no_pile_at_the_threshold").detail == "No result lies near the line between proven and not."
    found.save(tmp_path / "result")
    assert LearningReview.load(tmp_path / "result").prior == found.prior
