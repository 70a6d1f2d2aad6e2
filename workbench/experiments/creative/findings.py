"""Page one of a test of creatives: what to show, what it brings, which parts do it, how sure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.config import CreativeExperiment
from workbench.experiments.creative.allocation import Allocation, next_period_profit
from workbench.experiments.creative.cells import Cells
from workbench.experiments.creative.decision import Choice
from workbench.experiments.creative.effects import PartEffect
from workbench.experiments.creative.posterior import Posterior
from workbench.experiments.creative.sentences import bounds, change, in_words, level, metric_unit, size, where
from workbench.wording import count, interval, money, percent

SEGMENTS_ON_PAGE_ONE = 3
_HEADLINES = {
    "ship": "Ship",
    "keep running": "Keep running, at the proposed shares",
    "inconclusive": "No clear winner",
    "invalid": "Don't use this test",
}


def creative_findings(
    cells: Cells,
    posterior: Posterior,
    allocation: Allocation,
    choices: tuple[Choice, ...],
    effects: tuple[PartEffect, ...],
    spec: CreativeExperiment,
    currency: str,
) -> tuple[str, ...]:
    """The sentences of page one; an invalid test gets no others than why."""
    verdict = choices[0]
    first = f"{_HEADLINES[verdict.verdict]}: {verdict.reason}."
    if verdict.verdict == "invalid":
        return (first, verdict.would_change)
    unit = metric_unit(spec.metric, currency)
    return (
        first,
        *(_best(cells, posterior, allocation, s, spec, unit) for s in _largest(cells)),
        *_money(cells, allocation, spec, currency),
        _next_period(cells, allocation, spec),
        *_one_for_all(cells, allocation, spec, unit),
        *_parts(effects, spec, unit),
        f"What would change this: {verdict.would_change}",
    )


def _largest(cells: Cells) -> list[int]:
    """The segments with most units; page one has no room for more, the table has them all."""
    return sorted(np.argsort(-cells.segment_shares, kind="stable")[:SEGMENTS_ON_PAGE_ONE].tolist())


def _best(
    cells: Cells, posterior: Posterior, allocation: Allocation, s: int, spec: CreativeExperiment, unit: str
) -> str:
    best = int(allocation.best[s])
    value = posterior.values[:, best, s]
    lower, upper = (level(bound, unit) for bound in bounds(value, spec.confidence))
    place, name = where(cells.segments[s], spec), in_words(spec.metric.name)
    sure = percent(float(allocation.probability_best[best, s]), 0)
    average = level(float(posterior.values[:, :, s].mean()), unit)
    return (
        f"Best{place}: {cells.names[best]}, {name} {level(float(value.mean()), unit)} ({lower} to {upper}) where the average "
        f"creative has {average}; it is the best of {len(cells.creatives)} with {sure} probability."
    )


def _money(cells: Cells, allocation: Allocation, spec: CreativeExperiment, currency: str) -> Iterator[str]:
    profit = next_period_profit(cells, allocation, spec.metric)
    if profit is not None:
        yield (
            f"With as many units again ({count(float(cells.units.sum()))}), the proposed shares bring "
            f"{money(float(profit.mean()), currency)} more than showing all creatives equally "
            f"({interval(*bounds(profit, spec.confidence), currency)})."
        )


def _next_period(cells: Cells, allocation: Allocation, spec: CreativeExperiment) -> str:
    ours, equal = allocation.regret
    saved = percent(1 - ours / equal, 0) if equal > 0 else "none"
    leading = "; ".join(
        f"{cells.names[int(allocation.best[s])]} {percent(float(allocation.share[allocation.best[s], s]), 0)}"
        f"{where(cells.segments[s], spec)}"
        for s in _largest(cells)
    )
    return (
        f"Next period: {leading}; the others share the rest by how likely each is to be the best. That avoids {saved} of what equal shares "
        "would lose to the best creative, and goes on learning."
    )


def _one_for_all(cells: Cells, allocation: Allocation, spec: CreativeExperiment, unit: str) -> Iterator[str]:
    if len(cells.segments) == 1:
        return
    apart = allocation.gain_of_best - allocation.gain_of_one
    by = in_words(spec.segment)
    if bounds(apart, spec.confidence)[0] > 0:
        yield (
            f"One creative for all ({cells.names[allocation.one]}) would give away {size(apart, unit, spec.confidence)} per unit: "
            f"the best one differs by {by}."
        )
    else:
        yield f"There is no evidence that another creative is best by {by}: {cells.names[allocation.one]} serves all."


def _parts(effects: tuple[PartEffect, ...], spec: CreativeExperiment, unit: str) -> Iterator[str]:
    """The part and the pair that matter most, each only if its interval leaves zero out."""
    for term, tell in (("part", _tell_part), ("pair", _tell_pair)):
        clear = [e for e in effects if e.term == term and np.prod(e.interval(spec.confidence)) > 0]
        if clear:
            # Of two parts that only swap, both move as much: the better one is told, whatever the last digit.
            yield tell(max(clear, key=lambda effect: (float(f"{abs(effect.mean):.6g}"), effect.mean)), spec, unit)
        elif term == "part":
            yield "No part on its own is clearly better or worse than the others of its kind."


def _tell_part(effect: PartEffect, spec: CreativeExperiment, unit: str) -> str:
    told = change(effect.draws, unit, spec.confidence)
    return f"What moves most: {in_words(effect.factor)} {effect.part}, {told} against the average creative."


def _tell_pair(effect: PartEffect, spec: CreativeExperiment, unit: str) -> str:
    told = change(effect.draws, unit, spec.confidence)
    return f"Together, {effect.part} do {told} beyond what each does on its own."
