"""Named checks of what the data can tell, made before fitting from spend, controls and history."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from workbench.data.panel import Panel
from workbench.mmm.checks.controls import controls_check
from workbench.mmm.checks.resolving_test import resolving_tests
from workbench.mmm.checks.spend_follows_demand import follow_checks
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.priors import Priors
from workbench.mmm.inputs.robust_regression import RobustFit
from workbench.result import Check
from workbench.wording import number, percent

CORRELATION_LIMIT = 0.9
OWN_VARIATION_LIMIT = 0.05


def spend_checks(design: Design, priors: Priors, fits: Sequence[RobustFit]) -> list[Check]:
    """What spend and controls can tell, before the KPI is explained by them; `fits` by market."""
    return [
        collinearity_check(design, priors, fits),
        own_variation_check(design, priors, fits),
        *follow_checks(design, priors, fits),
        *([controls_check(design.panel)] if design.panel.controls else []),
    ]


def collinearity_check(design: Design, priors: Priors, fits: Sequence[RobustFit]) -> Check:
    """The two channels whose exposure moves most alike over weeks and markets."""
    pairs = correlations(design.panel)
    if not pairs:
        return Check(name="collinear_spend", passed=True, threshold=CORRELATION_LIMIT, detail="There is one channel.")
    worst = max(pairs, key=lambda pair: abs(pairs[pair]))
    alike = [pair for pair, r in pairs.items() if abs(r) > CORRELATION_LIMIT]
    named = ", ".join(f"{a} and {b} ({pairs[a, b]:.2f})" for a, b in alike)
    detail = (
        f"These channels move together and can't be told apart: {named}; "
        f"{resolving_tests(design, priors, fits, list(dict.fromkeys(b for _, b in alike)))}"
        if alike
        else f"The two channels that move most alike are {worst[0]} and {worst[1]}: correlation "
        f"{number(pairs[worst], 2)}, where {CORRELATION_LIMIT} is too much"
    )
    return Check(
        name="collinear_spend",
        passed=not alike,
        value=abs(pairs[worst]),
        threshold=CORRELATION_LIMIT,
        detail=f"{detail}.",
    )


def correlations(panel: Panel) -> dict[tuple[str, str], float]:
    """Correlation of each two channels' exposure within markets; 0 where one never varies."""
    centred = _within_markets(panel.exposure[panel.carry_in :])
    flat = centred.reshape(-1, centred.shape[-1])
    norm = np.sqrt((flat**2).sum(axis=0))
    products = flat.T @ flat / np.where(norm > 0, norm, 1.0) / np.where(norm > 0, norm, 1.0)[:, None]
    return {(panel.channels[a], panel.channels[b]): float(products[a, b]) for a, b in combinations(range(len(norm)), 2)}


def own_variation(design: Design) -> np.ndarray:
    """Share of each channel's movement that neither the baseline nor the other channels share, shape (C,)."""
    _, markets, channels = design.shape
    exposure = design.exposure[design.carry_over_weeks :]
    own, total = np.zeros(channels), np.zeros(channels)
    for m in range(markets):
        for c in range(channels):
            others = np.hstack([design.baseline.of_market(m), np.delete(exposure[:, m], c, axis=1)])
            target = exposure[:, m, c]
            own[c] += ((target - others @ np.linalg.lstsq(others, target)[0]) ** 2).sum()
            total[c] += ((target - target.mean()) ** 2).sum()
    return np.where(total > 0, own / np.where(total > 0, total, 1.0), 0.0)


def own_variation_check(design: Design, priors: Priors, fits: Sequence[RobustFit]) -> Check:
    """Whether each channel moves on its own, apart from trend, season, controls and the other channels."""
    shares = own_variation(design)
    weakest = int(shares.argmin())
    stuck = [name for name, share in zip(design.panel.channels, shares, strict=True) if share < OWN_VARIATION_LIMIT]
    detail = (
        f"{', '.join(stuck)} hardly moved but with trend, season and the other channels; "
        f"{resolving_tests(design, priors, fits, stuck)}"
        if stuck
        else f"Every channel's spend moves on its own, and not only with trend, season and the other channels; least that of "
        f"{design.panel.channels[weakest]}, with {percent(shares[weakest], 0)} of its movement"
    )
    return Check(
        name="own_variation",
        passed=not stuck,
        value=float(shares[weakest]),
        threshold=OWN_VARIATION_LIMIT,
        detail=f"{detail}.",
    )


def history_check(panel: Panel, carry_over_weeks: int) -> Check:
    """Whether the weeks before the KPI are known, which still act in its first weeks."""
    known = panel.carry_in
    short = "" if known >= carry_over_weeks else "; what was spent in the others counts as zero"
    return Check(
        name="media_history",
        passed=None,
        value=known,
        threshold=carry_over_weeks,
        detail=f"What was spent in the {carry_over_weeks} weeks before the first one may still act in it; "
        f"{min(known, carry_over_weeks)} of these weeks are known{short}.",
    )


def _within_markets(exposure: np.ndarray) -> np.ndarray:
    centred = exposure - exposure.mean(axis=0)
    sd = centred.std(axis=0)
    return centred / np.where(sd > 0, sd, 1.0)
