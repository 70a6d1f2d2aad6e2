"""What a review draws is what it found."""

from dataclasses import replace

import numpy as np
import pytest

from tests.runs.programme import record, simulate_programme
from workbench.experiments import LearningReview, review_learnings
from workbench.experiments.registry.record import records_frame
from workbench.present.figures import learnings as figures
from workbench.present.learning_tables import claims_table
from workbench.present.style import PALETTE
from workbench.result import Provenance


@pytest.fixture(scope="module")
def result() -> LearningReview:
    programme = simulate_programme(6, ideas=44, retested=20, lasting=0.4)
    return review_learnings(records_frame(programme.rows()), currency="EUR", provenance=Provenance())


def points(collection) -> np.ndarray:
    return np.asarray(collection.get_offsets())


def test_each_test_is_drawn_as_measured_and_as_believed(result: LearningReview) -> None:
    (ax,) = figures.measured_and_believed(result).axes
    bars, measured, believed = ax.collections
    np.testing.assert_allclose(points(measured)[:, 1], np.sort(result.tests.measured))
    assert sorted(points(believed)[:, 1]) == pytest.approx(sorted(result.tests.believed))
    assert len(bars.get_segments()) == len(result.tests)  # type: ignore[attr-defined]
    share = result.estimate("remaining_share", "shipped tests").estimate
    assert f"{share:.0%} of what shipped tests measured" in " ".join(ax.get_title(loc="left").split())


def test_the_curve_of_true_effects_holds_one_whole(result: LearningReview) -> None:
    (ax,) = figures.true_effects(result).axes
    effect, density = ax.lines[0].get_data()
    assert np.trapezoid(density, effect) == pytest.approx(1, abs=0.01)
    assert effect[np.argmax(density)] == pytest.approx(result.prior.mean, abs=0.002)


def test_hit_rates_and_claims_stand_in_their_rows(result: LearningReview) -> None:
    (hits,) = figures.hit_rate_forest(result).axes
    assert points(hits.collections[1])[::-1, 0] == pytest.approx(result.hits.hit_rate.to_numpy())
    (claims,) = figures.fate_of_claims(result).axes
    _, claimed, later = claims.collections
    assert points(claimed)[::-1, 0] == pytest.approx(result.claims.claimed.to_numpy())
    assert points(later)[::-1, 0] == pytest.approx(result.claims.later.to_numpy())
    fates = [text.get_text() for text in claims.texts][::-1]
    assert fates == list(result.claims.fate)
    assert {"contradicted", "repeated"} <= set(fates)
    assert figures.FATE_COLORS["contradicted"] == PALETTE.negative


def test_a_review_of_few_tests_draws_what_there_is() -> None:
    programme = simulate_programme(1)
    one = replace(programme, records=(record("a", verdict="inconclusive"),))
    few = review_learnings(records_frame(one.rows()), currency="EUR", provenance=Provenance())
    assert len(figures.learning_figures(few)) == 1
    assert "assumption" in claims_table(few).block.markdown
    assert not [finding for finding in few.findings if "taking out luck" in finding]
    full = review_learnings(records_frame(programme.rows()), currency="EUR", provenance=Provenance())
    assert len(figures.learning_figures(full)) == 3
