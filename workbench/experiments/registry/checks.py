"""What could make the lessons of past tests mislead, each as a named check."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from workbench.experiments.registry.claims import BROKEN, belief
from workbench.experiments.registry.programme import LEVEL
from workbench.experiments.registry.shrinkage import FEWEST_TESTS, EffectPrior
from workbench.result import Check
from workbench.wording import percent

MOST_INVALID = 0.1
LEAST_LARGE_ENOUGH = 0.5
BESIDE_THRESHOLD = 0.4
SUSPICIOUS = 0.01


def learning_checks(
    newest: pd.DataFrame, tests: pd.DataFrame, claims: pd.DataFrame, prior: EffectPrior, kind: str
) -> tuple[Check, ...]:
    """Claims first, then whether there is enough to learn from, and whether it is sound.

    Args:
        newest: The newest record of each test, `RECORD_COLUMNS`.
        tests: Settled ones, `TEST_COLUMNS`.
        claims: What became of past claims, `CLAIM_COLUMNS`.
        prior: How large true effects are of the kind of test that there is most of.
        kind: That kind.
    """
    return (
        _claims_stand(claims),
        _enough_tests(prior),
        _valid_tests(newest),
        _large_enough(tests[tests.kind == kind], prior),
        _no_pile_at_the_threshold(tests),
        _beliefs_written_down(newest),
    )


def _claims_stand(claims: pd.DataFrame) -> Check:
    broken = claims[claims.fate.isin(BROKEN)]
    told = f"None of {len(claims)} claims that later data speak about was contradicted or withdrawn."
    if len(broken):
        names = ", ".join(broken.experiment_id)
        told = f"Later data contradict or withdraw {names}; stop building on them, or repeat the test."
    if claims.empty:
        told = "No claim has been tested again yet; repeat the test that most money rests on."
    passed = None if claims.empty else broken.empty
    return Check(name="claims_stand", passed=passed, value=len(broken), threshold=0, detail=told)


def _enough_tests(prior: EffectPrior) -> Check:
    mend = "" if prior.learnt else " Read out more tests before leaning on the numbers of this report."
    return Check(
        name="enough_tests", passed=prior.learnt, value=prior.tests, threshold=FEWEST_TESTS, detail=prior.told + mend
    )


def _valid_tests(newest: pd.DataFrame) -> Check:
    invalid = newest[newest.verdict == "invalid"]
    share = len(invalid) / len(newest)
    told = f"{len(invalid)} of {len(newest)} tests were invalid"
    causes = ", ".join(sorted(set(invalid.decided_by.str.replace("_", " "))))
    mend = f", by {causes}; mend the assignment before the next test." if share > MOST_INVALID else "."
    return Check(
        name="valid_tests", passed=share <= MOST_INVALID, value=share, threshold=MOST_INVALID, detail=told + mend
    )


def _large_enough(tests: pd.DataFrame, prior: EffectPrior) -> Check:
    """Whether tests could see the effects that ideas usually have: one standard deviation of true effects."""
    usual = abs(prior.mean) + prior.sd
    known = tests[tests.measured_se > 0]
    share = float(np.mean(known.smallest_visible <= usual)) if prior.learnt and len(known) else np.nan
    told = (
        "It isn't known yet which true effect is a good one here"
        if np.isnan(share)
        else f"{percent(share, 0)} of tests could reliably see a true effect of {percent(usual)}, which is a good one here"
    )
    passed = None if np.isnan(share) else bool(share >= LEAST_LARGE_ENOUGH)
    mend = "; plan fewer and larger tests." if passed is False else "."
    return Check(
        name="large_enough_tests", passed=passed, value=share, threshold=LEAST_LARGE_ENOUGH, detail=told + mend
    )


def _no_pile_at_the_threshold(tests: pd.DataFrame) -> Check:
    """Honest results are no more frequent just past the threshold than just short of it (a caliper test)."""
    distance = (tests.measured / tests.measured_se).abs() - stats.norm.ppf((1 + LEVEL) / 2)
    past = int(distance.between(0, BESIDE_THRESHOLD).sum())
    short = int(distance.between(-BESIDE_THRESHOLD, 0, inclusive="left").sum())
    p_value = float(stats.binomtest(past, past + short, alternative="greater").pvalue) if past + short else np.nan
    told = f"{past} results are just clear enough to count as proven, and {short} just fall short of it"
    if not past + short:
        told = "No result lies near the line between proven and not"
    passed = bool(p_value >= SUSPICIOUS) if past + short else None
    mend = "; fix the metric and the end of a test before it starts." if passed is False else "."
    return Check(
        name="no_pile_at_the_threshold", passed=passed, value=p_value, threshold=SUSPICIOUS, detail=told + mend
    )


def _beliefs_written_down(newest: pd.DataFrame) -> Check:
    silent = int((belief(newest) == "").sum())
    told = f"{silent} of {len(newest)} tests name neither assumption nor hypothesis"
    mend = "; add them where the tests are declared, so that later tests can be held against them." if silent else "."
    return Check(name="beliefs_written_down", passed=silent == 0, value=silent, threshold=0, detail=told + mend)
