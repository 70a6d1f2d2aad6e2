"""Named checks of whether budgets follow sales: then the model takes the cause for the effect.

Budgets can follow what was expected (season and trend, which the baseline knows: what is left to learn from is little) or
what nobody expected (last weeks' surprises, which the baseline doesn't know: a surprise that lasts is credited to media).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from workbench.mmm.checks.resolving_test import resolving_tests
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.priors import Priors
from workbench.mmm.inputs.robust_regression import RobustFit
from workbench.result import Check
from workbench.wording import percent

SIGNIFICANCE = 0.01
# So weak a correlation moves no return by much; with many markets the smallest misfit would be significant.
NEGLIGIBLE = 0.1
LAGS_OF_SPEND = 2
EARLIER_WEEKS = 4
EXPECTED_LIMIT = 1 / 3


def follow_checks(design: Design, priors: Priors, fits: Sequence[RobustFit]) -> list[Check]:
    """Whether spend follows surprises in the KPI, and whether it follows what the baseline expects of it."""
    return [_surprises_check(design, priors, fits), _expectation_check(design, priors, fits)]


def follows_surprises(design: Design, fits: Sequence[RobustFit], negligible: float = NEGLIGIBLE) -> np.ndarray:
    """Probability of so strong a relation of spend to the weeks before, had it none but a `negligible` correlation, shape (C,).

    A Granger test: last week's surprise and the mean surprise of the weeks before it, beyond the baseline and the
    channel's own last weeks; pooled over markets.
    """
    return np.array([_granger(design, fits, c, negligible) for c in range(design.shape[2])])


def follows_expectation(design: Design, fits: Sequence[RobustFit]) -> np.ndarray:
    """Squared correlation of spend with what the baseline expects of the KPI, within markets, shape (C,)."""
    spend = _scaled(design.panel.window_spend)
    expected = _scaled(np.stack([fit.baseline for fit in fits], axis=1)[..., None])
    products = (spend * expected).sum(axis=(0, 1))
    size = (spend**2).sum(axis=(0, 1)) * (expected**2).sum()
    return products**2 / np.where(size > 0, size, 1.0)


def _surprises_check(design: Design, priors: Priors, fits: Sequence[RobustFit]) -> Check:
    channels = design.panel.channels
    chance = np.minimum(follows_surprises(design, fits) * len(channels), 1.0)
    followers = [name for name, p in zip(channels, chance, strict=True) if p < SIGNIFICANCE]
    closest = channels[int(chance.argmin())]
    detail = (
        f"The spend of {', '.join(followers)} follows surprises in the sales of the weeks before, so part of what sells anyway "
        f"is credited to it; {resolving_tests(design, priors, fits, followers)}"
        if followers
        else f"No channel's spend follows surprises in the sales of the weeks before; the nearest to it is {closest}, "
        "within what chance brings"
    )
    return Check(
        name="spend_follows_demand",
        passed=not followers,
        value=float(chance.min()),
        threshold=SIGNIFICANCE,
        detail=f"{detail}.",
    )


def _expectation_check(design: Design, priors: Priors, fits: Sequence[RobustFit]) -> Check:
    channels = design.panel.channels
    share = follows_expectation(design, fits)
    followers = [name for name, r2 in zip(channels, share, strict=True) if r2 > EXPECTED_LIMIT]
    closest = channels[int(share.argmax())]
    detail = (
        f"The spend of {', '.join(followers)} rises and falls with the sales that season and trend bring anyway, so "
        f"the two are hard to tell apart; {resolving_tests(design, priors, fits, followers)}"
        if followers
        else f"No channel's spend moves with the sales that season and trend bring anyway; the nearest to it is {closest}, with "
        f"{percent(float(share.max()), 0)} of its movement"
    )
    return Check(
        name="spend_follows_season",
        passed=not followers,
        value=float(share.max()),
        threshold=EXPECTED_LIMIT,
        detail=f"{detail}.",
    )


def _granger(design: Design, fits: Sequence[RobustFit], channel: int, negligible: float) -> float:
    """Score test of the two surprises, with weeks as clusters: what hits all markets at once counts once."""
    markets = [m for m in range(design.shape[1]) if design.money_scale[m, channel] > 0]
    scores = np.sum([_scores_by_week(design, fits[m], m, channel) for m in markets], axis=0)
    total, spread = np.sum(scores, axis=0), np.transpose(scores) @ scores
    if np.linalg.matrix_rank(spread) < len(spread):
        return 1.0
    expected = (negligible * len(scores) * len(markets)) ** 2 / spread[0, 0]
    return float(stats.ncx2.sf(total @ np.linalg.solve(spread, total), len(spread), expected))


def _scores_by_week(design: Design, fit: RobustFit, market: int, channel: int) -> np.ndarray:
    """Product of spend and earlier surprises, both without what baseline and own last weeks explain, shape (week, 2)."""
    panel = design.panel
    spend = panel.spend[:, market, channel] / panel.spend[:, market, channel].mean()
    surprise = fit.residual / fit.scale
    weeks = np.arange(EARLIER_WEEKS, len(surprise))
    earlier = np.mean([surprise[weeks - lag] for lag in range(2, EARLIER_WEEKS + 1)], axis=0)
    own_lags = [spend[panel.carry_in + weeks - lag] for lag in range(1, LAGS_OF_SPEND + 1)]
    known = np.column_stack([design.baseline.of_market(market)[weeks], *own_lags])
    target = np.column_stack([spend[panel.carry_in + weeks], surprise[weeks - 1], earlier])
    left = target - known @ np.linalg.lstsq(known, target)[0]
    sd = left.std(axis=0)
    scaled = left / np.where(sd > 0, sd, 1.0)
    return scaled[:, [0]] * scaled[:, 1:]


def _scaled(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(axis=0)
    sd = centred.std(axis=0)
    return centred / np.where(sd > 0, sd, 1.0)
