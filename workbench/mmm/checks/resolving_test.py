"""How large a test would have to be for a channel's return to be known: the mend of every check on what data can tell.

With KPI noise of standard deviation σ a week and spend withheld by x, the return is known with the standard error
σ / √(Σ x̃²), where x̃ is what of x, after carry-over, neither the weeks nor the market's level explain (least squares).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.priors import Z_90, Priors
from workbench.mmm.inputs.robust_regression import RobustFit
from workbench.mmm.shapes.adstock import adstock, lag_weights
from workbench.wording import money, percent

RECENT_WEEKS = 52
LONGEST_TEST = 26
NAMED = 3
# Half the width of the 90% interval, relative to the return that is believed before the data.
WANTED_PRECISION = 0.5


@dataclass(frozen=True, kw_only=True)
class ResolvingTest:
    """Spend of one channel held at zero.

    Attributes:
        channel: Which one.
        markets: Where, while the other markets go on as usual.
        weeks: For how long.
        block: Weeks in a row without spend, followed by as many as usual, where no market is left to compare with; else 0.
        precision: Half the width of the return's 90% interval afterwards, relative to the return believed before.
        withheld: Spend saved, in currency.
    """

    channel: str
    markets: tuple[str, ...]
    weeks: int
    block: int
    precision: float
    withheld: float


def resolving_test(design: Design, priors: Priors, fits: Sequence[RobustFit], channel: str) -> ResolvingTest:
    """The shortest test that brings the return within `WANTED_PRECISION`, or the longest that is reasonable."""
    c = design.panel.channels.index(channel)
    believed = float(np.exp(priors.roas[c].mu))
    weeks, precision = 1, np.inf
    for weeks in range(1, LONGEST_TEST + 1):
        pattern, dark, block = _withheld_pattern(design, priors, fits, c, weeks)
        precision = Z_90 * standard_error(pattern, design, priors, fits, c) / believed
        if precision <= WANTED_PRECISION:
            break
    return ResolvingTest(
        channel=channel,
        markets=tuple(design.panel.markets[m] for m in dark),
        weeks=weeks,
        block=block,
        precision=precision,
        withheld=float((pattern * usual_spend(design)[:, c]).sum()),
    )


def resolving_tests(design: Design, priors: Priors, fits: Sequence[RobustFit], channels: Sequence[str]) -> str:
    """One test a channel, as part of a sentence, and the channels that no reasonable test would tell much about."""
    tests = [resolving_test(design, priors, fits, channel) for channel in channels]
    helpful = [described(test, design) for test in tests if test.precision <= 1]
    hopeless = [test.channel for test in tests if test.precision > 1]
    if hopeless:
        helpful.append(
            f"no test of {LONGEST_TEST} weeks would tell much about {', '.join(hopeless)}: too little spend beside "
            "the ups and downs of sales"
        )
    return "; ".join(helpful)


def described(test: ResolvingTest, design: Design) -> str:
    """What to do, for how long, at which cost, to know how much."""
    where = _where(test.markets, len(design.panel.markets))
    rhythm = f" every other {test.block} weeks" if test.block > 1 else " every other week" if test.block else ""
    return (
        f"hold {test.channel} at zero{where}{rhythm} for {test.weeks} weeks ({money(test.withheld, design.panel.currency)} "
        f"less spend) to know its return within ±{percent(test.precision, 0)}"
    )


def _where(markets: Sequence[str], of: int) -> str:
    if of == 1:
        return ""
    if len(markets) <= NAMED:
        return f" in {' and '.join(markets)}"
    return f" in {len(markets)} of the {of} markets ({', '.join(markets[:NAMED])} …)"


def standard_error(
    pattern: np.ndarray, design: Design, priors: Priors, fits: Sequence[RobustFit], channel: int
) -> float:
    """Of the return, from withholding a share `pattern` of the usual spend, shape (week, M)."""
    withheld = _after_carry_over(pattern, design, priors, channel) * usual_spend(design)[:, channel]
    signal = withheld / (design.kpi_scale * design.panel.value.mean(axis=0))
    precision = np.array([fit.scale for fit in fits]) ** -2.0
    known = signal @ precision[:, None] / precision.sum() if signal.shape[1] > 1 else signal.mean(axis=0)
    information = float(((signal - known) ** 2 * precision).sum())
    return float(information**-0.5) if information > 0 else np.inf


def usual_spend(design: Design) -> np.ndarray:
    """Currency a week over the last year, shape (M, C)."""
    return design.panel.window_spend[-RECENT_WEEKS:].mean(axis=0)


def weekly_noise(design: Design, fits: Sequence[RobustFit]) -> np.ndarray:
    """What baseline and media leave of a week's revenue, in currency, shape (M,)."""
    return np.array([fit.scale for fit in fits]) * design.kpi_scale * design.panel.value.mean(axis=0)


def _withheld_pattern(
    design: Design, priors: Priors, fits: Sequence[RobustFit], channel: int, weeks: int
) -> tuple[np.ndarray, list[int], int]:
    """Share of the usual spend that is withheld, shape (week, M), the markets where it is, and the weeks in a row."""
    signal = usual_spend(design)[:, channel] / weekly_noise(design, fits)
    active = [int(m) for m in np.argsort(-signal) if signal[m] > 0]
    pattern = np.zeros((weeks, design.shape[1]))
    if len(active) > 1:
        dark = active[: len(active) // 2]
        pattern[:, dark] = 1.0
        return pattern, sorted(dark), 0
    block = max(1, round(2 * float(np.exp(priors.half_life[channel].mu))))
    pattern[:, active] = (np.arange(weeks) // block % 2 == 0)[:, None]
    return pattern, active, block


def _after_carry_over(pattern: np.ndarray, design: Design, priors: Priors, channel: int) -> np.ndarray:
    half_life, shape = (np.exp([prior[channel].mu]) for prior in (priors.half_life, priors.carry_over_shape))
    weights = lag_weights(half_life, shape, design.adstock[channel], design.carry_over_weeks)
    before = np.zeros((design.carry_over_weeks, pattern.shape[1]))
    return adstock(np.concatenate([before, pattern]), weights)[0]
