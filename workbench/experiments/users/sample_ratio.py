"""Sample-ratio mismatch: did each arm get the share of units that it was meant to get, in all, by segment, and on every day?

Half of the error belongs to a test that holds however often it is looked at, half to the one reading that a test ends with, which
needs no such caution. Together they call as few sound tests invalid as promised, whoever looked when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy import special, stats

from workbench.config import UserExperiment
from workbench.experiments.sequential.multinomial import Array, sequential_p_values
from workbench.experiments.sequential.reading import Reading, tuned_to
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.multiplicity import holm
from workbench.experiments.users.phrases import p_text
from workbench.result import Check
from workbench.wording import count, percent

# Of tests whose assignment is sound, over all their readings.
FALSE_ALARMS = 0.005
MISMATCH = FALSE_ALARMS / 2
# Below this expected count, chi-squared's p-values are too small.
LEAST_EXPECTED = 5.0

type Shares = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class ShareTest:
    """How counts are held against their intended shares today; below p = `MISMATCH` they don't have them.

    Attributes:
        shares: Intended share of each variant.
        tuned_to: Units at which the test that may be looked at on any day is strongest.
        last: Whether this is the one reading that a test ends with.
    """

    shares: Shares
    tuned_to: float
    last: bool

    def p_value(self, counts: Mapping[str, int], days: Array | None = None) -> float:
        """Valid however often it was looked at before; `days` are the counts by the end of each day, as far as known."""
        running = float(self.running(counts, days)[-1])
        return min(running, mismatch_p_value(counts, self.shares)) if self.last else running

    def running(self, counts: Mapping[str, int], days: Array | None = None) -> Array:
        """The p-value by the end of each day, and of all units, without the one that is for the last reading alone."""
        total = np.array([[counts[name] for name in self.shares]], dtype=float)
        path = total if days is None else np.vstack([days, total])
        shares = np.array(list(self.shares.values()))
        return sequential_p_values(path, shares, tuned_to=self.tuned_to, tuned_at=MISMATCH)


def srm_checks(measured: MeasuredTest, spec: UserExperiment, reading: Reading) -> tuple[Check, ...]:
    """Whether the arms have their intended shares: `sample_ratio`, over all days where they are known, and `sample_ratio by <segment>`.

    Where another p-value decides, that of a single look is there as `chi_squared`.
    """
    shares = expected_shares(tuple(measured.counts), spec.ratio)
    test = ShareTest(shares=shares, tuned_to=tuned_to(spec), last=reading.last)
    whole = sample_ratio(measured.counts, measured.daily, test)
    return (whole, *_single_look(measured.counts, whole, shares), *_by_segment(measured, test))


def expected_shares(variants: tuple[str, ...], ratio: Mapping[str, float] | None) -> dict[str, float]:
    """The share of units meant for each variant; equal ones unless `ratio` says otherwise."""
    parts = {name: float(ratio[name]) if ratio else 1.0 for name in variants}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


def sample_ratio(counts: Mapping[str, int], daily: Mapping[str, Mapping[date, int]], test: ShareTest) -> Check:
    """Test all arms' counts at once, and where units have a day of assignment, on every day so far."""
    days = sorted({day for arm in daily.values() for day in arm})
    by_day = np.array([[daily.get(name, {}).get(day, 0) for name in test.shares] for day in days], dtype=float)
    path = by_day.cumsum(axis=0) if days else None
    p_value = test.p_value(counts, path)
    passed = p_value >= MISMATCH
    if passed:
        kept = f", and had them on all {len(days)} days of assignment" if days else ""
        detail = f"The arms have their intended shares: {_found(counts, test.shares)}{kept}."
    else:
        detail = _first_lost(test.running(counts, path), days, path, test.shares) or (
            f"The arms don't have their intended shares: {_found(counts, test.shares)}; find out which units were lost or "
            "assigned twice before reading any effect."
        )
    return Check(name="sample_ratio", passed=passed, value=p_value, threshold=MISMATCH, detail=detail)


def mismatch_p_value(counts: Mapping[str, int], shares: Shares) -> float:
    """Of a single look: chi-squared, or where few units are expected the least of the arms' exact binomial p-values (Bonferroni).

    References:
        Fabijan et al. (2019), Diagnosing Sample Ratio Mismatch in Online Controlled Experiments.
    """
    total = sum(counts.values())
    if total * min(shares.values()) >= LEAST_EXPECTED:
        statistic = sum((units - total * shares[name]) ** 2 / (total * shares[name]) for name, units in counts.items())
        return float(special.chdtrc(len(counts) - 1, statistic))
    tests = [stats.binomtest(units, total, shares[name]).pvalue for name, units in counts.items()] if total else [1.0]
    return min(1.0, float(min(tests)) * (len(counts) if len(counts) > 2 else 1))


def _first_lost(running: Array, days: list[date], path: Array | None, shares: Shares) -> str:
    """The day by which the shares were lost, empty unless one stands out."""
    first = int(np.argmax(running < MISMATCH))
    if path is None or running[first] >= MISMATCH or first >= len(days):
        return ""
    by_then = dict(zip(shares, map(int, path[first]), strict=True))
    return (
        f"By {days[first]:%Y-%m-%d}, day {first + 1} of assignment, the arms had lost their intended shares: "
        f"{_found(by_then, shares)}; look for what changed in the assignment or the logging up to that day."
    )


def _single_look(counts: Mapping[str, int], whole: Check, shares: Shares) -> Iterator[Check]:
    p_value = mismatch_p_value(counts, shares)
    if p_value != whole.value:
        detail = (
            f"Looked at only once, such shares of the arms would have {p_text(p_value)}; the sample ratio is judged by a p-value "
            "that holds however often the test is read."
        )
        yield Check(name="chi_squared", passed=None, value=p_value, detail=detail)


def _by_segment(measured: MeasuredTest, test: ShareTest) -> Iterator[Check]:
    """One check per segment column; Holm's correction covers all values of all of them."""
    cells = {
        (segment, value): {name: arms[name].units if name in arms else 0 for name in test.shares}
        for segment, values in measured.segments.items()
        for value, arms in values.items()
    }
    found = [_within(test, len(measured.segments[segment])).p_value(cells[segment, value]) for segment, value in cells]
    p_values = dict(zip(cells, map(float, holm(np.array(found))), strict=True))
    for segment, values in measured.segments.items():
        if values:
            yield _segment_check(segment, {value: p_values[segment, value] for value in values}, cells, test.shares)


def _within(test: ShareTest, values: int) -> ShareTest:
    """The same test of one of a segment's values, whose plan is an equal share: its true one isn't known before the test."""
    return ShareTest(shares=test.shares, tuned_to=test.tuned_to / values, last=test.last)


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


def _found(counts: Mapping[str, int], shares: Shares) -> str:
    total = max(sum(counts.values()), 1)
    return ", ".join(
        f"{name} {count(units)} ({percent(units / total)} for {percent(shares[name])})"
        for name, units in counts.items()
    )
