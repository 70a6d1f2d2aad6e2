"""Named checks of what was believed before the data: stated or weak, at one with itself, possible at all."""

from __future__ import annotations

import numpy as np

from workbench.mmm.inputs.prior_beliefs import QUANTILES, PriorBeliefs
from workbench.result import Check
from workbench.wording import interval, one, percent

NONSENSE_LIMIT = 0.1
POSSIBLE_QUANTILE = 0.99


def prior_checks(beliefs: PriorBeliefs, seed: int) -> list[Check]:
    """What was assumed, whether it agrees with the stated share of media, and whether it allows for the KPI."""
    stated_share = [media_share_check(beliefs)] if beliefs.priors.media_share else []
    return [prior_predictive_check(beliefs, seed), *stated_share, priors_check(beliefs)]


def priors_check(beliefs: PriorBeliefs) -> Check:
    """Which channels had no stated opinion, what was assumed instead, and which have tests."""
    priors, currency = beliefs.priors, beliefs.design.panel.currency
    weak = [name for name, stated in zip(beliefs.channels, priors.stated, strict=True) if not stated]
    sentences = ["An opinion was stated on every channel's return"]
    if weak:
        low, high = priors.roas[list(priors.stated).index(False)].range
        sentences = [
            f"No opinion was stated on {', '.join(weak)}: a return of {interval(low, high, currency)} per {one(currency)} spent "
            "was assumed with a probability of 90%"
        ]
    tested = [f"{name} ({', '.join(tests)})" for name in beliefs.channels if (tests := beliefs.tests_of(name))]
    if tested:
        sentences.append(f"where a channel was tested, the test outweighs this: {', '.join(tested)}")
    return Check(name="priors", passed=None, detail=f"{'; '.join(sentences)}.")


def media_share_check(beliefs: PriorBeliefs) -> Check:
    """Whether the channels' returns times their spend add up to the stated share of the KPI that media cause."""
    opinion = beliefs.priors.media_share
    assert opinion is not None
    lower, middle, upper = np.quantile(beliefs.share.sum(axis=1), QUANTILES)
    least, most = opinion.range
    agrees = bool(least <= middle <= most and lower <= np.exp(opinion.mu) <= upper)
    found = (
        f"The channels' returns times their spend say that media cause {interval(lower, upper, '%')} of sales, and "
        f"media_share says {interval(least, most, '%')}"
    )
    unused = (
        "; media_share itself isn't used, since every channel has a stated return" if all(beliefs.priors.stated) else ""
    )
    mend = (
        "" if agrees else f"; the two contradict each other: correct media_share or the return of {_largest(beliefs)}"
    )
    return Check(
        name="media_share",
        passed=agrees,
        value=float(middle),
        threshold=most if middle > np.exp(opinion.mu) else least,
        detail=f"{found}{mend or unused}.",
    )


def prior_predictive_check(beliefs: PriorBeliefs, seed: int) -> Check:
    """Whether the priors allow for the observed KPI, and how much of them is impossible: media that cause more than all of it."""
    share = beliefs.share.sum(axis=1)
    impossible = float((share > 1).mean())
    variation = observed_variation(beliefs)
    possible = float(np.quantile(weekly_variation(beliefs, seed), POSSIBLE_QUANTILE))
    mends = []
    if impossible > NONSENSE_LIMIT:
        mends.append(f"lower the return stated for {_largest(beliefs)}, or check the units of spend and sales")
    if variation > possible:
        mends.append("sales swing more than the assumptions allow: check their units, or leave out broken weeks")
    lower, _, upper = np.quantile(share, QUANTILES)
    found = (
        f"Before the data, media were assumed to cause {interval(lower, upper, '%')} of sales, and more than all of them with a "
        f"probability of {percent(impossible)}; sales vary by {percent(variation, 0)} over weeks, where up to "
        f"{percent(possible, 0)} was thought possible"
    )
    return Check(
        name="prior_predictive",
        passed=not mends,
        value=impossible,
        threshold=NONSENSE_LIMIT,
        detail="; ".join([found, *mends]) + ".",
    )


def observed_variation(beliefs: PriorBeliefs) -> float:
    """Standard deviation of the KPI over weeks relative to its mean, as the root mean square over markets."""
    return float(np.sqrt(beliefs.design.kpi.var(axis=0).mean()))


def weekly_variation(beliefs: PriorBeliefs, seed: int) -> np.ndarray:
    """The same number for KPIs drawn from the priors, shape (D,)."""
    return np.sqrt(prior_predictive(beliefs, seed).var(axis=1).mean(axis=1))


def prior_predictive(beliefs: PriorBeliefs, seed: int) -> np.ndarray:
    """KPIs drawn from the priors, relative to each market's mean, shape (D, T, M)."""
    design, baseline, response = beliefs.design, beliefs.design.baseline, beliefs.response
    rng = np.random.default_rng(seed)
    kept, (weeks, markets, _) = response.draws, design.shape
    carry_in = design.panel.carry_in
    media = response.kpi_of_exposure(design.panel.exposure[carry_in:], design.panel.exposure[:carry_in])
    kpi = (media * response.path[:, :, None, :]).sum(axis=-1) / design.kpi_scale
    common = baseline.prior_sd * rng.standard_normal((kept, markets, len(baseline.prior_sd)))
    kpi += np.einsum("tk,dmk->dtm", baseline.columns, common, optimize=True)
    kpi += np.einsum("mtj,dmj->dtm", baseline.own, beliefs.draws.own[:kept], optimize=True)
    kpi += beliefs.draws.week_spread[:kept, None, None] * rng.standard_normal((kept, weeks, 1))
    return kpi + beliefs.draws.noise[:kept, None, :] * rng.standard_normal((kept, weeks, markets))


def _largest(beliefs: PriorBeliefs) -> str:
    """The channel that is believed to cause most, with how much."""
    middle = np.median(beliefs.share, axis=0)
    return f"{beliefs.channels[middle.argmax()]}, which implies {percent(float(middle.max()), 0)} of sales"
