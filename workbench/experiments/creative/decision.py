"""What to do about the creatives: sample ratio → what choosing now may cost → whether the choice gains anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.config import CreativeExperiment
from workbench.experiments.creative.allocation import Allocation, loss_after
from workbench.experiments.creative.cells import Cells
from workbench.experiments.creative.posterior import Posterior
from workbench.experiments.creative.sentences import bounds, where
from workbench.experiments.result import Verdict
from workbench.result import Check
from workbench.wording import count, percent

# Differences below this fraction of the average creative don't matter: choosing is settled when it costs less in expectation,
# and pays when it gains more.
TOLERABLE_LOSS = 0.01
GATE = "sample_ratio"
_EXTENSIONS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The verdict on one segment, or on the whole test.

    Attributes:
        variant: The creative that is chosen.
        decided_by: The gate that settled it.
        reason: Why, without the final stop.
        would_change: One sentence: what would change it.
        more_units: Units of the segment that would settle it, none needed 0, beyond reach infinite.
    """

    variant: str
    verdict: Verdict
    decided_by: str
    reason: str
    would_change: str
    more_units: float = 0.0


def choose(
    cells: Cells, posterior: Posterior, allocation: Allocation, checks: Sequence[Check], spec: CreativeExperiment
) -> tuple[Choice, ...]:
    """The choice for the whole test first, then one a segment where there are several."""
    failed = next((check for check in checks if check.name.startswith(GATE) and check.passed is False), None)
    if failed is not None:
        return (_invalid(cells, allocation, failed),)
    value = posterior.values if spec.metric.higher_is_better else -posterior.values
    segments = tuple(_segment(cells, value, allocation, spec, s) for s in range(len(cells.segments)))
    return segments if len(segments) == 1 else (_whole(segments, cells.segments, spec), *segments)


def _invalid(cells: Cells, allocation: Allocation, failed: Check) -> Choice:
    return Choice(
        variant=cells.names[allocation.one],
        verdict="invalid",
        decided_by=failed.name,
        reason=failed.detail.rstrip("."),
        would_change="Mend the cause and show the creatives again: no analysis of these units can stand in for it.",
    )


def _segment(cells: Cells, value: np.ndarray, allocation: Allocation, spec: CreativeExperiment, s: int) -> Choice:
    best, average = int(allocation.best[s]), abs(float(value[:, :, s].mean()))
    loss = float(allocation.loss[:, s].mean()) / average
    gain = value[:, best, s] - value[:, :, s].mean(axis=1)
    name, place = cells.names[best], where(cells.segments[s], spec)
    if loss > TOLERABLE_LOSS:
        more = _units_to_settle(value[:, :, [s]], TOLERABLE_LOSS * average) * float(cells.units[:, s].sum())
        return Choice(
            variant=name,
            verdict="keep running",
            decided_by="expected_loss",
            reason=f"{name} leads{place}, but another one may be better: choosing it now is expected to give away {percent(loss)} of "
            f"what an average creative brings, more than the {percent(TOLERABLE_LOSS, 0)} that can be borne",
            would_change=_when(more, place),
            more_units=more,
        )
    if bounds(gain, spec.confidence)[0] > TOLERABLE_LOSS * average:
        return Choice(
            variant=name,
            verdict="ship",
            decided_by="expected_loss",
            reason=f"{name}{place} beats the average creative, and choosing it now is expected to give away {percent(loss, 2)} only",
            would_change=f"A change of offer, season or audience{place}: keep the floor's share of the others running to notice it.",
        )
    return Choice(
        variant=name,
        verdict="inconclusive",
        decided_by="gain",
        reason=f"no creative{place} is better than the average one by clearly more than {percent(TOLERABLE_LOSS, 0)}, and choosing "
        f"wrongly is expected to cost {percent(loss, 2)} only",
        would_change="Parts that differ more: these do too little for a longer test to pay.",
    )


def _whole(segments: tuple[Choice, ...], names: tuple[str, ...], spec: CreativeExperiment) -> Choice:
    """The test is settled when each segment is."""
    verdict: Verdict = next(
        v for v in ("keep running", "ship", "inconclusive") if any(c.verdict == v for c in segments)
    )
    standing = [choice for choice in segments if choice.verdict == verdict]
    return Choice(
        variant=f"best by {spec.segment.replace('_', ' ')}",
        verdict=verdict,
        decided_by=standing[0].decided_by,
        reason="; ".join((*(choice.reason for choice in standing), *_settled(segments, verdict, names, spec))),
        would_change=standing[0].would_change if len(standing) == 1 else _together(standing),
        more_units=sum(choice.more_units for choice in standing),
    )


def _settled(
    segments: tuple[Choice, ...], verdict: Verdict, names: tuple[str, ...], spec: CreativeExperiment
) -> Iterator[str]:
    """While some segments go on, what is settled for the others."""
    if verdict == "keep running":
        for name, choice in zip(names, segments, strict=True):
            if choice.verdict == "ship":
                yield f"settled{where(name, spec)}: {choice.variant}"


def _together(choices: list[Choice]) -> str:
    return " ".join(dict.fromkeys(choice.would_change for choice in choices))


def _units_to_settle(value: np.ndarray, tolerable: float) -> float:
    """Further data, in multiples of today's, after which choosing is expected to lose no more than `tolerable`."""
    return next((more for more in _EXTENSIONS if loss_after(value, more)[0] <= tolerable), np.inf)


def _when(more: float, place: str) -> str:
    if np.isinf(more):
        return f"Nothing within reach: {_EXTENSIONS[-1]:.0f} times as many units{place} wouldn't settle it, so drop the weakest parts."
    return f"About {count(float(f'{more:.2g}'))} more units{place}, or fewer at the proposed shares, would settle it."
