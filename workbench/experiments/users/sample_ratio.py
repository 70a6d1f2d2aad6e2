"""Sample-ratio mismatch: did each arm get the share of units that it was meant to get, in all, by segment, and on every day?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
from scipy import special, stats

from workbench.config import UserExperiment
from workbench.experiments.sequential.multinomial import sequential_p_values
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.multiplicity import holm
from workbench.result import Check
from workbench.wording import count, percent

MISMATCH = 0.001
# Below this expected count, chi-squared's p-values are too small.
LEAST_EXPECTED = 5.0

type Shares = Mapping[str, float]


def srm_checks(measured: MeasuredTest, spec: UserExperiment) -> tuple[Check, ...]:
    """Whether the arms have their intended shares: `sample_ratio`, `sample_ratio by <segment>`, `sample_ratio over time`.

    The last one is there where `units` says when a unit was assigned; it may be read on every day of the test.
    """
    shares = expected_shares(tuple(measured.counts), spec.ratio)
    return (
        sample_ratio(measured.counts, spec.ratio),
        *_by_segment(measured, shares),
        *_over_time(measured.daily, shares),
    )


def expected_shares(variants: tuple[str, ...], ratio: Mapping[str, float] | None) -> dict[str, float]:
    """The share of units meant for each variant; equal ones unless `ratio` says otherwise."""
    parts = {name: float(ratio[name]) if ratio else 1.0 for name in variants}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


def sample_ratio(counts: Mapping[str, int], ratio: Mapping[str, float] | None) -> Check:
    """Chi-squared test of all arms' counts at once; it fails below p = 0.001.

    References:
        Fabijan et al. (2019), Diagnosing Sample Ratio Mismatch in Online Controlled Experiments.
    """
    shares = expected_shares(tuple(counts), ratio)
    p_value, found = mismatch_p_value(counts, shares), _found(counts, shares)
    passed = p_value >= MISMATCH
    detail = (
        f"The arms have their intended shares: {found}."
        if passed
        else f"The arms don't have their intended shares: {found}; find out which units were lost or assigned twice "
        "before reading any effect."
    )
    return Check(name="sample_ratio", passed=passed, value=p_value, threshold=MISMATCH, detail=detail)


def mismatch_p_value(counts: Mapping[str, int], shares: Shares) -> float:
    """Chi-squared, or where few units are expected the least of the arms' exact binomial p-values (Bonferroni)."""
    total = sum(counts.values())
    if total * min(shares.values()) >= LEAST_EXPECTED:
        statistic = sum((units - total * shares[name]) ** 2 / (total * shares[name]) for name, units in counts.items())
        return float(special.chdtrc(len(counts) - 1, statistic))
    tests = [stats.binomtest(units, total, shares[name]).pvalue for name, units in counts.items()] if total else [1.0]
    return min(1.0, float(min(tests)) * (len(counts) if len(counts) > 2 else 1))


def _by_segment(measured: MeasuredTest, shares: Shares) -> Iterator[Check]:
    """One check per segment column; Holm's correction covers all values of all of them."""
    cells = {
        (segment, value): {name: arms[name].units if name in arms else 0 for name in shares}
        for segment, values in measured.segments.items()
        for value, arms in values.items()
    }
    adjusted = (
        holm(np.array([mismatch_p_value(counts, shares) for counts in cells.values()])) if cells else np.array([])
    )
    p_values = dict(zip(cells, map(float, adjusted), strict=True))
    for segment, values in measured.segments.items():
        if values:
            yield _segment_check(segment, {value: p_values[segment, value] for value in values}, cells, shares)


def _segment_check(
    segment: str, p_values: Mapping[str, float], cells: Mapping[tuple[str, str], Mapping[str, int]], shares: Shares
) -> Check:
    failing = [value for value in p_values if p_values[value] < MISMATCH]
    worst = min(p_values, key=lambda value: p_values[value])
    words = segment.replace("_", " ")
    detail = (
        f"Within {words}, the arms are mixed unevenly in {len(failing)} of {len(p_values)} groups, most in {worst}: "
        f"{_found(cells[segment, worst], shares)}; find out how those units were lost, or how the arm changes their {words}."
        if failing
        else f"The arms have their intended shares in each of {len(p_values)} groups by {words}."
    )
    return Check(
        name=f"sample_ratio by {segment}",
        passed=not failing,
        value=p_values[worst],
        threshold=MISMATCH,
        detail=detail,
    )


def _over_time(daily: Mapping[str, Mapping[date, int]], shares: Shares) -> Iterator[Check]:
    """Whether the shares were right on every day so far, however often that is looked at."""
    days = sorted({day for arm in daily.values() for day in arm})
    if not days:
        return
    counts = np.array([[daily.get(name, {}).get(day, 0) for name in shares] for day in days], dtype=float).cumsum(
        axis=0
    )
    p_values = sequential_p_values(counts, np.array(list(shares.values())))
    passed = p_values[-1] >= MISMATCH
    first = int(np.argmax(p_values < MISMATCH))
    by_then = dict(zip(shares, map(int, counts[first]), strict=True))
    detail = (
        f"The arms kept their intended shares on all {len(days)} days of assignment."
        if passed
        else f"By {days[first]:%Y-%m-%d}, day {first + 1} of assignment, the arms had lost their intended shares: "
        f"{_found(by_then, shares)}; look for what changed in the assignment or the logging up to that day."
    )
    yield Check(
        name="sample_ratio over time", passed=passed, value=float(p_values[-1]), threshold=MISMATCH, detail=detail
    )


def _found(counts: Mapping[str, int], shares: Shares) -> str:
    total = max(sum(counts.values()), 1)
    return ", ".join(
        f"{name} {count(units)} ({percent(units / total)} for {percent(shares[name])})"
        for name, units in counts.items()
    )
