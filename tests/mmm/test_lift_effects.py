"""What lift tests changed, against the report's own returns and a business whose return is known."""

import numpy as np
import pandas as pd
import pytest

from tests.mmm.test_lift_conflict import WORLD, lift_of
from workbench.config import MediaMix
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.posterior.lift_effects import LIFT_EFFECT_COLUMNS, lift_effects_frame
from workbench.mmm.prepare import prepare
from workbench.mmm.result import MediaMixResult
from workbench.result import Provenance
from workbench.wording import interval, money


@pytest.fixture(scope="module")
def result() -> MediaMixResult:
    prepared = prepare(WORLD.panel, MediaMix(), {}, lift_of(1.0))
    return fit_media_mix(prepared, provenance=Provenance(), seed=1, draws=400, tune=400, chains=2)


def rows(result: MediaMixResult, quantity: str) -> pd.DataFrame:
    found = result.lift_effects
    return found[found.quantity == quantity].set_index(["said_by", "channel"])


def test_with_the_tests_the_returns_are_those_of_the_report(result):
    reported = result.estimates.query("quantity == 'roas'").set_index("entity")[["estimate", "lower", "upper"]]
    after = rows(result, "roas").loc["both"]
    np.testing.assert_allclose(after.loc[reported.index, ["estimate", "lower", "upper"]], reported, rtol=1e-9)
    assert list(after.tests) == ["test 1", ""]


def test_a_true_test_narrows_the_return_around_the_truth(result):
    before, after = (rows(result, "roas").loc[(who, "channel 0")] for who in ("sales history", "both"))
    assert before.lower < WORLD.roas[0] < before.upper
    assert after.lower < WORLD.roas[0] < after.upper
    assert after.upper - after.lower < 0.85 * (before.upper - before.lower)


def test_the_tested_spend_is_told_as_in_the_check(result):
    detail = next(check.detail for check in result.checks if check.name == "lift_conflict")
    told = rows(result, "return_on_tested_spend")
    for who, words in (
        ("tests", "the test alone says"),
        ("sales history", "the sales history alone"),
        ("both", "both together"),
    ):
        row = told.loc[(who, "channel 0")]
        assert f"{words} {money(row.estimate, 'EUR')} ({interval(row.lower, row.upper, 'EUR')})" in detail


def test_they_are_saved_and_empty_without_tests(result, tmp_path):
    result.save(tmp_path / "r")
    pd.testing.assert_frame_equal(MediaMixResult.load(tmp_path / "r").lift_effects, result.lift_effects)
    nothing = lift_effects_frame(None, prepare(WORLD.panel, MediaMix(), {}).design)
    assert nothing.empty
    assert list(nothing) == list(LIFT_EFFECT_COLUMNS)
