"""What effects by segment mean for whoever decides: whom to treat, and whether anybody is harmed whom the whole hides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from workbench.config import UserExperiment
from workbench.experiments.result import SEGMENT_COLUMNS, typed_frame
from workbench.experiments.users.comparisons import added_cost
from workbench.experiments.users.heterogeneity import SegmentEffect
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.phrases import metric_label, metric_unit, p_text, size_phrase
from workbench.result import Check
from workbench.wording import money

MOST_NAMED = 5


def segments_frame(effects: Sequence[SegmentEffect], currency: str) -> pd.DataFrame:
    """`SEGMENT_COLUMNS`, a row each."""
    rows = [
        {**vars(effect), "metric": effect.metric.name, "unit": metric_unit(effect.metric, currency)}
        for effect in effects
    ]
    return typed_frame(rows, SEGMENT_COLUMNS)


def segment_checks(
    measured: MeasuredTest, effects: Sequence[SegmentEffect], spec: UserExperiment, currency: str
) -> Iterator[Check]:
    """Whether users of some kind are harmed; nothing without segments to compare."""
    if not effects:
        return
    alpha = 1 - spec.confidence
    harmed = [effect for effect in effects if effect.p_adjusted < alpha and _best_case(effect) < 0]
    found = _harm(harmed[0], currency) if harmed else _unharmed(effects)
    yield Check(
        name="segments",
        passed=not harmed,
        value=min(effect.p_adjusted for effect in effects),
        threshold=alpha,
        detail=found + _left_out(measured, effects),
    )


def segment_sentence(effects: Sequence[SegmentEffect], spec: UserExperiment, currency: str) -> str:
    """What all of them say together; that there is no evidence of a difference is a finding too."""
    first = min(effects, key=lambda effect: effect.p_adjusted)
    if first.p_adjusted >= 1 - spec.confidence:
        return (
            f"There is no evidence that the effect differs by {_columns(effects)} ({p_text(first.p_adjusted)} for the largest difference, "
            "adjusted): treat all users alike."
        )
    siblings = [effect for effect in effects if _question(effect) == _question(first)]
    low, *_, high = sorted(siblings, key=_improvement)
    return (
        f"The effect of {first.variant} on {metric_label(first.metric)} differs by {_words(first.segment)} "
        f"({p_text(first.p_adjusted)}, adjusted): best for {high.value} ({size_phrase(high.absolute, high.metric, currency)}), "
        f"least for {low.value} ({size_phrase(low.absolute, low.metric, currency)}), chance allowed for"
        f"{_worth(high, low, spec, currency)}."
    )


def _worth(high: SegmentEffect, low: SegmentEffect, spec: UserExperiment, currency: str) -> str:
    """What treating a user of either group earns, where this metric is all that earns."""
    value, cost = high.metric.value, added_cost(spec, high.variant)
    if value is None or sum(metric.value is not None for metric in spec.metrics) > 1:
        return ""
    best, least = (money(value * effect.absolute - cost, currency) for effect in (high, low))
    return f"; treating one of them earns {best} and {least}{' after its cost' if cost else ''}"


def _harm(effect: SegmentEffect, currency: str) -> str:
    return (
        f"{effect.variant} makes {metric_label(effect.metric)} worse where {_words(effect.segment)} is {effect.value} "
        f"({size_phrase(effect.absolute, effect.metric, currency)}); leave those users out of it."
    )


def _unharmed(effects: Sequence[SegmentEffect]) -> str:
    groups = {(effect.segment, effect.value) for effect in effects}
    return f"None of {len(groups)} groups of users, by {_columns(effects)}, is shown to be harmed."


def _left_out(measured: MeasuredTest, effects: Sequence[SegmentEffect]) -> str:
    told = {(effect.segment, effect.value) for effect in effects}
    silent = [
        f"{_words(segment)} {value}"
        for segment, values in measured.segments.items()
        for value in values
        if (segment, value) not in told
    ]
    named = silent if len(silent) <= MOST_NAMED else [*silent[:MOST_NAMED], f"{len(silent) - MOST_NAMED} more"]
    return f" Too few users in an arm, or all alike, so not compared: {_listed(named, 'and')}." if silent else ""


def _columns(effects: Sequence[SegmentEffect]) -> str:
    return _listed(list(dict.fromkeys(_words(effect.segment) for effect in effects)), "or")


def _improvement(effect: SegmentEffect) -> float:
    return effect.absolute if effect.metric.higher_is_better else -effect.absolute


def _best_case(effect: SegmentEffect) -> float:
    return effect.absolute_upper if effect.metric.higher_is_better else -effect.absolute_lower


def _question(effect: SegmentEffect) -> tuple[str, str, str]:
    return effect.variant, effect.metric.name, effect.segment


def _words(name: str) -> str:
    return name.replace("_", " ")


def _listed(names: Sequence[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
