"""Named check: a channel that can't have worked must be found not to have worked.

The placebo is a real channel's media, moved by half a year so that it keeps its rhythm but not its weeks, and scaled to the
spend of the smallest channel. A log-normal prior never allows a return of exactly zero, so the question is put as odds. Call a
return small if it is among the lowest tenth of what was believed; then by Bayes' rule

    p(data) / p(data | small) = P(small) / P(small | data)

says how many times likelier the data are under all that was believed than under a small return. If the return is small, these
odds exceed k with a probability of at most 1/k (Markov's inequality), however weak the prior; near one, the data can't tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.inputs.priors import prior_roas_draws
from workbench.mmm.prepare import prepare
from workbench.mmm.sampling import Effort
from workbench.mmm.short_fit import short_fit
from workbench.result import Check
from workbench.wording import interval, money, number

PLACEBO = "placebo"
HALF_A_YEAR = 26
SMALL = 0.1
PRIOR_DRAWS = 20_000
AGAINST = 20.0
UNDECIDED = 0.8
EFFORT = Effort(draws=1000, tune=500, chains=4)


@dataclass(frozen=True, kw_only=True)
class Placebo:
    """What the model found of a channel that can't have worked.

    Attributes:
        source: Channel that the placebo's rhythm was taken from.
        spend: What the placebo pretends to have cost, currency.
        odds: How many times likelier the data are with an effect as it was believed possible than with a small one.
        contribution: Mean, lower and upper end of the 90% interval of what it is said to have caused, currency.
        believed: Lower and upper end of that before the data.
        currency: ISO 4217 code.
    """

    source: str
    spend: float
    odds: float
    contribution: tuple[float, float, float]
    believed: tuple[float, float]
    currency: str


def fit_placebo(
    panel: Panel,
    config: MediaMix,
    channels: Mapping[str, Channel],
    lift: pd.DataFrame | None = None,
    *,
    seed: int,
    effort: Effort = EFFORT,
    shift: int = HALF_A_YEAR,
) -> Placebo:
    """Add the placebo to the panel, fit, and see what it got; `shift` in weeks."""
    with_placebo, source = add_placebo(panel, shift)
    prepared = prepare(with_placebo, config, channels, lift)
    spend = with_placebo.window_spend.sum(axis=0)
    draws = short_fit(prepared, effort, seed=seed)
    after = ((draws.roas * spend).sum(axis=1) / spend.sum(axis=0))[:, -1]
    before = prior_roas_draws(prepared.priors, spend, PRIOR_DRAWS, np.random.default_rng(seed))[:, -1]
    total = float(spend[:, -1].sum())
    lower, upper = total * np.quantile(after, [0.05, 0.95])
    least, most = total * np.quantile(before, [0.05, 0.95])
    return Placebo(
        source=source,
        spend=total,
        odds=odds_of_effect(after, before),
        contribution=(total * float(after.mean()), float(lower), float(upper)),
        believed=(float(least), float(most)),
        currency=panel.currency,
    )


def add_placebo(panel: Panel, shift: int = HALF_A_YEAR) -> tuple[Panel, str]:
    """The panel with one more channel, and whose media were shifted: those of the channel with the highest spend."""
    spend = panel.window_spend.sum(axis=(0, 1))
    largest = int(spend.argmax())
    moved_spend, moved_exposure = (
        np.roll(media[..., [largest]], shift, axis=0) for media in (panel.spend, panel.exposure)
    )
    scale = spend.min() / moved_spend[panel.carry_in :].sum()
    wider = replace(
        panel,
        channels=(*panel.channels, PLACEBO),
        spend=np.concatenate([panel.spend, scale * moved_spend], axis=-1),
        exposure=np.concatenate([panel.exposure, scale * moved_exposure], axis=-1),
    )
    return wider, panel.channels[largest]


def odds_of_effect(after: np.ndarray, before: np.ndarray) -> float:
    """How many times likelier the data are with an effect than with a small one, from draws of it after and before them."""
    small = np.quantile(before, SMALL)
    # Half a draw, so that no finite number of draws says never.
    share = ((after <= small).sum() + 0.5) / (len(after) + 0.5 / SMALL)
    return float(SMALL / share)


def placebo_check(placebo: Placebo) -> Check:
    """Fails where the data seem to show an effect; undecided where they can't tell it from none."""
    mean, lower, upper = placebo.contribution
    found = (
        f"A made-up channel, {placebo.source}'s media moved by half a year and scaled to {money(placebo.spend, placebo.currency)}, is said to have "
        f"caused {money(mean, placebo.currency)} ({interval(lower, upper, placebo.currency)}; assumed before: "
        f"{interval(*placebo.believed, placebo.currency)}); the data are {number(placebo.odds, 2)} times as likely with an effect as with hardly any"
    )
    if placebo.odds >= AGAINST:
        verdict: bool | None = False
        mend = "; the model takes something else for advertising, look for a missing control, or a trend that turns too slowly"
    elif placebo.odds > UNDECIDED:
        verdict, mend = None, ", so they can't tell: nor could they for a real channel of that size"
    else:
        verdict, mend = True, ""
    return Check(name="placebo", passed=verdict, value=placebo.odds, threshold=AGAINST, detail=f"{found}{mend}.")
