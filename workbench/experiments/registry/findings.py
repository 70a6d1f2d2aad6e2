"""All past tests in sentences for someone who decides, money first."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from workbench.experiments.registry.claims import BROKEN, most_worth_repeating
from workbench.experiments.registry.programme import LEVEL
from workbench.experiments.registry.shrinkage import EffectPrior
from workbench.wording import interval, money, percent

MOST_NAMED = 3


def learning_findings(
    newest: pd.DataFrame,
    tests: pd.DataFrame,
    hits: pd.DataFrame,
    claims: pd.DataFrame,
    prior: EffectPrior,
    currency: str,
) -> tuple[str, ...]:
    """How often tests pay, what winners are worth, which claims no longer stand, what to repeat, and what ideas bring."""
    return (
        _hit_rate(tests, hits, currency),
        *(_winners(tests, currency) if prior.learnt else ()),
        *_claims(claims),
        *_next_test(newest[newest.currency == currency], currency),
        prior.told,
    )


def remaining_share(tests: pd.DataFrame) -> float:
    """What is left of shipped tests' measured effects, all together, once luck is taken out; NaN without such tests."""
    shipped = _winners_of(tests)
    promised = float(shipped.measured.sum())
    return float(shipped.believed.sum()) / promised if promised > 0 else float("nan")


def _winners_of(tests: pd.DataFrame) -> pd.DataFrame:
    return tests[(tests.verdict == "ship") & tests.believed.notna()]


def _hit_rate(tests: pd.DataFrame, hits: pd.DataFrame, currency: str) -> str:
    overall = hits[hits["of"] == "all"].iloc[0]
    earned = tests.profit[tests.verdict == "ship"].dropna()
    promise = (
        f", and promised {money(float(earned.sum()), currency)} of profit over their test periods"
        if len(earned)
        else ""
    )
    return (
        f"{overall.shipped} of {overall.tests} settled tests shipped: {percent(overall.hit_rate, 0)} "
        f"({_share_bounds(overall.lower, overall.upper)} at {percent(LEVEL, 0)} confidence){promise}."
    )


def _winners(tests: pd.DataFrame, currency: str) -> Iterator[str]:
    share = remaining_share(tests)
    if share != share:
        return
    shipped, earned = _winners_of(tests), float(tests.profit[tests.verdict == "ship"].sum())
    left = f", so plan with about {money(share * earned, currency)}" if earned > 0 else ""
    yield (
        f"Winners look better than they are: taking out luck leaves {percent(share, 0)} of their measured effect, "
        f"{percent(float(shipped.believed.mean()))} instead of {percent(float(shipped.measured.mean()))} on average{left}."
    )


def _claims(claims: pd.DataFrame) -> Iterator[str]:
    if claims.empty:
        yield "No claim has been tested again: nothing is known yet about what lasts."
        return
    counted = claims.fate.value_counts()
    order = ("repeated", "decayed", "contradicted", "withdrawn", "not settled")
    parts = [f"{counted[fate]} {'are ' if fate == 'not settled' else ''}{fate}" for fate in order if fate in counted]
    verb = "claim was" if len(claims) == 1 else "claims were"
    yield f"{len(claims)} {verb} looked at again: {', '.join(parts)}."
    broken = claims[claims.fate.isin(BROKEN)]
    yield from (_broken(claim) for _, claim in broken.head(MOST_NAMED).iterrows())
    if len(broken) > MOST_NAMED:
        yield f"{len(broken) - MOST_NAMED} more claims no longer stand; the table names them."


def _next_test(newest: pd.DataFrame, currency: str) -> Iterator[str]:
    test = most_worth_repeating(newest)
    if test is not None:
        yield f"Repeat {test.experiment_id} next: {money(test.profit, currency)} of promised profit rests on this one test."


def _broken(claim: pd.Series) -> str:
    advice, moved = ("build on", "improve") if claim.claimed > 0 else ("rule out", "worsen")
    claimed = (
        f"Don't {advice} “{claim.claim}” ({claim.experiment_id}): it claimed to {moved} {claim.metric.replace('_', ' ')} by "
        f"{percent(abs(claim.claimed))},"
    )
    if claim.fate == "withdrawn":
        return f"{claimed} and {claim.later_tests} took that back."
    return (
        f"{claimed} where later data say {percent(claim.later)} "
        f"({interval(claim.later_lower, claim.later_upper, '%')}; {claim.later_tests})."
    )


def _share_bounds(lower: float, upper: float) -> str:
    return f"{percent(lower, 0)} to {percent(upper, 0)}"
