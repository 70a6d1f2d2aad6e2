"""What past tests look like together: measured against believed, the spread of true effects, hit rates, the fate of claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from workbench.experiments.registry.review import LearningReview
from workbench.present.style import (
    PALETTE,
    axis_units,
    direct_label,
    headline,
    most_rows,
    new_figure,
    percent_ticks,
    short,
    tell_left_out,
)
from workbench.wording import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CLAIMS = 15
HIT_ROW = 0.26
FATE_COLORS = {
    "repeated": PALETTE.positive,
    "decayed": PALETTE.muted,
    "contradicted": PALETTE.negative,
    "withdrawn": PALETTE.negative,
    "not settled": PALETTE.muted,
}


def learning_figures(result: LearningReview) -> tuple[Figure, ...]:
    """The charts of a review, as far as there is something to draw."""
    effects = (measured_and_believed(result), true_effects(result)) if result.prior.learnt else ()
    claims = (fate_of_claims(result),) if len(result.claims) else ()
    return (*effects, hit_rate_forest(result), *claims)


def measured_and_believed(result: LearningReview) -> Figure:
    """Each test as it was measured and as it is believed after all tests, with its interval, by size."""
    tests = result.tests.dropna(subset="believed").sort_values("measured", ignore_index=True)
    figure, ax = new_figure(height=3.3)
    at = np.arange(len(tests))
    ax.axhline(0, color=PALETTE.ink, lw=0.8)
    ax.vlines(
        at, tests.believed_lower, tests.believed_upper, color=PALETTE.band, lw=max(1.5, min(6.0, 260 / len(tests)))
    )
    ax.scatter(at, tests.measured, s=16, color=PALETTE.muted, zorder=2)
    ax.scatter(at, tests.believed, s=20, color=PALETTE.accent, zorder=3)
    last = tests.iloc[-1]
    direct_label(ax, at[-1], last.measured, "measured", PALETTE.muted, offset=(6.0, 4.0))
    direct_label(ax, at[-1], last.believed, "believed", PALETTE.accent, offset=(6.0, -4.0))
    ax.set_xticks([])
    ax.locator_params("y", nbins=7, steps=[1, 2, 5, 10])
    percent_ticks(ax, "y", digits=_digits(tests.measured))
    axis_units(ax, x="Each settled test, from the worst to the best", y="Effect (% better)")
    headline(ax, _luck(result))
    return figure


def true_effects(result: LearningReview) -> Figure:
    """Where true effects lie, beside what was measured."""
    prior = result.prior
    tests = result.tests[(result.tests.kind == result.kind) & result.tests.measured.notna()]
    figure, ax = new_figure(height=2.8)
    reach = max(3.2 * prior.sd + abs(prior.mean), 1.05 * float(tests.measured.abs().quantile(0.98)))
    grid = np.linspace(-reach, reach, 400)
    density = stats.norm.pdf(grid, prior.mean, prior.sd)
    ax.hist(tests.measured, bins=np.linspace(-reach, reach, 25).tolist(), density=True, color=PALETTE.grid)
    ax.fill_between(grid, density, where=(grid > 0).tolist(), color=PALETTE.band, lw=0)
    ax.plot(grid, density, color=PALETTE.accent)
    ax.axvline(0, color=PALETTE.ink, lw=0.8)
    beside = prior.mean + prior.sd
    height = float(stats.norm.pdf(beside, prior.mean, prior.sd))
    direct_label(ax, beside, height, "true effects", PALETTE.accent, offset=(7.0, 4.0))
    direct_label(ax, -reach, float(density.max()), "grey: as measured", PALETTE.muted, offset=(5.0, 0.0))
    ax.set_yticks([])
    ax.set_xlim(-reach, reach)
    ax.margins(y=0.15)
    percent_ticks(ax, "x", digits=_digits(tests.measured))
    axis_units(ax, x="Effect (% better)", y="How common")
    headline(ax, _ideas(result))
    return figure


def hit_rate_forest(result: LearningReview) -> Figure:
    """Share of tests that shipped, by group, with its interval."""
    hits = result.hits.head(most_rows(HIT_ROW)).iloc[::-1].reset_index(drop=True)
    figure, ax = new_figure(height=1.0 + HIT_ROW * len(hits))
    rows = np.arange(len(hits))
    overall = float(result.hits.hit_rate.iloc[0])
    ax.axvline(overall, color=PALETTE.muted, lw=0.8, ls=(0, (4, 2)))
    ax.hlines(rows, hits.lower, hits.upper, color=PALETTE.band, lw=6)
    ax.scatter(hits.hit_rate, rows, s=26, color=PALETTE.accent, zorder=3)
    for row, hit in enumerate(hits.itertuples()):
        direct_label(ax, 1.0, row, f"{hit.shipped} of {hit.tests}", PALETTE.muted, offset=(8.0, 0.0))
    ax.set_yticks(rows, [_group(str(of), str(name)) for of, name in zip(hits["of"], hits["name"], strict=True)])
    _by_row(ax, len(hits))
    ax.set_xlim(0, 1)
    percent_ticks(ax, "x")
    axis_units(ax, x="Share of settled tests that shipped, 95% interval")
    tell_left_out(figure, len(hits), len(result.hits), "first")
    headline(ax, f"{percent(overall, 0)} of tests shipped")
    return figure


def fate_of_claims(result: LearningReview) -> Figure:
    """What each claim measured, and what later data say, with their interval."""
    claims = result.claims.head(MOST_CLAIMS).iloc[::-1].reset_index(drop=True)
    figure, ax = new_figure(height=1.1 + 0.3 * len(claims))
    rows = np.arange(len(claims))
    ax.axvline(0, color=PALETTE.ink, lw=0.8)
    ax.hlines(rows, claims.later_lower, claims.later_upper, color=PALETTE.band, lw=6)
    ax.scatter(claims.claimed, rows, s=30, facecolors=PALETTE.paper, edgecolors=PALETTE.muted, linewidths=1.2, zorder=2)
    colors = [FATE_COLORS[fate] for fate in claims.fate]
    ax.scatter(claims.later, rows, s=26, color=colors, zorder=3)
    right = float(claims[["claimed", "later_upper"]].max().max())
    for row, (fate, color) in enumerate(zip(claims.fate, colors, strict=True)):
        direct_label(ax, right, row, fate, color, offset=(8.0, 0.0))
    ax.set_yticks(rows, [short(claim) for claim in claims.claim])
    _by_row(ax, len(claims))
    percent_ticks(ax, "x", digits=_digits(claims.claimed))
    axis_units(ax, x="Effect (% better): ring as claimed, dot as later data say, with its 95% interval")
    tell_left_out(figure, len(claims), len(result.claims), "first")
    headline(ax, _fates(result.claims))
    return figure


def _by_row(ax: Axes, rows: int) -> None:
    ax.set_ylim(-0.6, rows - 0.4)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")


def _digits(effects: pd.Series) -> int:
    return 0 if float(effects.abs().max()) > 0.04 else 1


def _luck(result: LearningReview) -> str:
    share = result.estimate("remaining_share", "shipped tests").estimate
    if share != share:
        return "What stands out is partly luck: each effect as measured, and as all tests together make it"
    return f"What stands out is partly luck: {percent(share, 0)} of what shipped tests measured is likely to be true"


def _ideas(result: LearningReview) -> str:
    better = float(stats.norm.sf(0, result.prior.mean, result.prior.sd))
    return f"{percent(better, 0)} of ideas improve anything; nine of ten lie within {_nine_of_ten(result)}"


def _nine_of_ten(result: LearningReview) -> str:
    ends = stats.norm.ppf([0.05, 0.95], result.prior.mean, result.prior.sd)
    return f"{percent(float(ends[0]))} to {percent(float(ends[1]))}"


def _fates(claims: pd.DataFrame) -> str:
    counted = claims.fate.value_counts()
    repeated, again = int(counted.get("repeated", 0)), len(claims)
    broken = int(counted.get("contradicted", 0) + counted.get("withdrawn", 0))
    # Short: the names of claims leave little room beside them.
    if again == 1:
        return f"One claim looked at again: {claims.fate.iloc[0]}"
    return f"{again} claims looked at again: {repeated} repeated, {broken} no longer {'stands' if broken == 1 else 'stand'}"


def _group(of: str, name: str) -> str:
    return name if of == "all" else f"{of}: {name}"
