"""What a reader must know before believing a test of creatives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import stats

from workbench.config import CreativeExperiment
from workbench.experiments.creative.cells import Cells
from workbench.experiments.creative.posterior import FEWEST_EFFECTIVE_DRAWS, Posterior
from workbench.experiments.creative.sentences import in_words
from workbench.result import Check
from workbench.wording import count, number, percent

MISMATCH = 0.001
FEWEST_OUTCOMES = 5
FEWEST_UNITS = 30


def creative_checks(cells: Cells, posterior: Posterior, spec: CreativeExperiment) -> tuple[Check, ...]:
    """The gates first, then how far the numbers carry."""
    return (
        *_assignment(cells, spec),
        _enough_outcomes(cells, spec),
        _convergence(posterior),
        _parts_add_up(cells, posterior, spec),
    )


def _assignment(cells: Cells, spec: CreativeExperiment) -> Iterator[Check]:
    """Even shares, and the same ones in every segment: a creative's visitors are then those of all others."""
    if not spec.equal_shares:
        detail = (
            "Creatives were meant to have different shares, so that their numbers can't show whether units were lost."
        )
        yield Check(name="sample_ratio", passed=None, detail=detail)
        return
    totals = cells.units.sum(axis=1)
    least, most = cells.names[totals.argmin()], cells.names[totals.argmax()]
    found = f"from {count(totals.min())} ({least}) to {count(totals.max())} ({most})"
    yield _even("sample_ratio", float(stats.chisquare(totals).pvalue), f"{len(totals)} creatives, {found}")
    if len(cells.segments) > 1:
        p_value = float(stats.chi2_contingency(cells.units).pvalue)
        yield _even(f"sample_ratio by {spec.segment}", p_value, f"creatives by {in_words(spec.segment)}")


def _even(name: str, p_value: float, what: str) -> Check:
    passed = p_value >= MISMATCH
    detail = (
        f"Units were spread evenly over {what}."
        if passed
        else f"Units weren't spread evenly over {what}; find out which were lost or steered before reading any effect."
    )
    return Check(name=name, passed=passed, value=p_value, threshold=MISMATCH, detail=detail)


def _enough_outcomes(cells: Cells, spec: CreativeExperiment) -> Check:
    """The Gaussian that stands for a cell's likelihood needs some outcomes of either kind, or some units."""
    seen = cells.units > 0
    if cells.proportion:
        happened = float((cells.units[seen] * cells.mean[seen]).sum())
        others = float(cells.units.sum()) - happened
        value, threshold = min(happened, others) / cells.units.size, FEWEST_OUTCOMES
        what = f"units {'with' if happened < others else 'without'} “{in_words(spec.metric.name)}”"
    else:
        value, threshold, what = float(cells.units.sum()) / cells.units.size, FEWEST_UNITS, "units"
    passed = value >= threshold
    found = f"On average, a creative has {number(value)} {what}" + (
        f" for each {in_words(spec.segment)}" if len(cells.segments) > 1 else ""
    )
    mend = "." if passed else f", fewer than {threshold}; take fewer factors or a coarser segment, or show them longer."
    return Check(name="enough_outcomes", passed=passed, value=value, threshold=threshold, detail=found + mend)


def _convergence(posterior: Posterior) -> Check:
    worst = posterior.effective_draws
    passed = worst >= FEWEST_EFFECTIVE_DRAWS
    detail = f"Even the least settled number of the simulation rests on {count(worst)} independent draws" + (
        f", and {FEWEST_EFFECTIVE_DRAWS} are enough."
        if passed
        else f", fewer than the {FEWEST_EFFECTIVE_DRAWS} that are enough, so shares may change with the seed; take fewer factors, or "
        "run another seed and compare."
    )
    return Check(name="convergence", passed=passed, value=worst, threshold=FEWEST_EFFECTIVE_DRAWS, detail=detail)


def _parts_add_up(cells: Cells, posterior: Posterior, spec: CreativeExperiment) -> Check:
    """How much of the differences between creatives, segment by segment, their parts explain on their own."""
    value = posterior.values.mean(axis=0)
    within = value - value.mean(axis=0)
    whole = (within @ cells.segment_shares)[:, None]
    ones = [
        np.array([[c[f] == part for part in sorted({c[f] for c in cells.creatives})] for c in cells.creatives])
        for f in range(len(cells.factors))
    ]
    columns = np.hstack(ones).astype(float)
    added = columns @ np.linalg.lstsq(columns, whole, rcond=None)[0]
    total = float((within**2 @ cells.segment_shares).sum())
    share = float((added**2).sum() / total) if total > 0 else 1.0
    rest = "what parts do together" + (f", or for one {in_words(spec.segment)} only" if len(cells.segments) > 1 else "")
    detail = f"Parts on their own explain {percent(share, 0)} of the differences between creatives; the rest is {rest}."
    return Check(name="parts_add_up", passed=None, value=share, detail=detail)
