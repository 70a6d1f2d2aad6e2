"""What could make a geo test's numbers mislead, each as a named check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.experiments.geo.effects import GeoEffect
from workbench.experiments.geo.panel import GeoPanel
from workbench.experiments.geo.phrases import following, listed
from workbench.experiments.geo.placebos import Placebos
from workbench.experiments.geo.straying import LEAST_DISJOINT, UNUSUAL, Straying
from workbench.result import Check
from workbench.wording import count, number, percent

PLACEBO_IN_SPACE = "placebo_in_space"
STANDS_OUT = "stands_out"
FOLLOWED = 0.5
PLACEBO = 0.05
HISTORY = 4
DONORS = 4


def geo_checks(effect: GeoEffect, placebos: Placebos, panel: GeoPanel, even: float) -> tuple[Check, ...]:
    """All checks of one cell, those that can change the verdict first.

    Args:
        effect: What the cell's test showed.
        placebos: Its pretended tests.
        panel: Its markets.
        even: Effect per treated market and period that would just not matter.
    """
    return (
        _overlapping_tests(panel),
        _placebo_in_time(placebos, panel),
        _placebo_in_space(placebos.straying, panel),
        _stands_out(placebos.straying, effect, even),
        _pre_fit(effect),
        _pre_period(panel),
        _donors(effect, panel),
    )


def join_checks(checks: Mapping[str, tuple[Check, ...]]) -> tuple[Check, ...]:
    """One check of each name for the whole test: it fails where any cell fails, and says which."""
    if len(checks) == 1:
        return next(iter(checks.values()))
    return tuple(_joined(dict(zip(checks, same, strict=True))) for same in zip(*checks.values(), strict=True))


def _joined(cells: Mapping[str, Check]) -> Check:
    told = {cell: check for cell, check in cells.items() if check.passed is False} or cells
    first = next(iter(told.values()))
    if len({check.detail for check in told.values()}) == 1:
        return first
    return replace(first, detail=" ".join(f"{cell}: {check.detail}" for cell, check in told.items()))


def _overlapping_tests(panel: GeoPanel) -> Check:
    shared = [overlap for overlap in panel.overlaps if set(overlap.treated) & set(panel.treated_names)]
    told = "; ".join(_shared_phrase(overlap.other, overlap.treated, during=overlap.during) for overlap in shared)
    mend = "Their effects can't be told apart: count on neither, or read a history that begins after the earlier test."
    kept = "No other declared geo test changed the treated markets in the time that was read."
    return Check(
        name="overlapping_tests",
        passed=not shared,
        value=len(shared),
        threshold=0,
        detail=(f"{told}. {mend}" if shared else kept) + _left_out_phrase(panel),
    )


def _left_out_phrase(panel: GeoPanel) -> str:
    left_out = sorted({market for overlap in panel.overlaps for market in overlap.donors})
    if not left_out:
        return ""
    verb = "was" if len(left_out) == 1 else "were"
    return f" {listed(left_out)} {verb} treated by another test and left out of the comparison."


def _shared_phrase(other: str, markets: tuple[str, ...], *, during: bool) -> str:
    return f"{other} treated {listed(markets)} too, {'at the same time' if during else 'in the time before'}"


def _placebo_in_time(placebos: Placebos, panel: GeoPanel) -> Check:
    p_value = float(placebos.p_values_in_time[-1])
    told = len(panel.dates) - panel.periods_tested >= round(1 / PLACEBO)
    passed = p_value >= PLACEBO
    span = f"the last {panel.periods_tested} {panel.period_name}s before the test"
    return Check(
        name="placebo_in_time",
        passed=passed if told else None,
        value=p_value,
        threshold=PLACEBO,
        detail=_too_short(panel)
        if not told
        else f"No effect shows in {span} (p = {p_value:.3f})."
        if passed
        else f"An effect already shows in {span} (p = {p_value:.3f}), where there should be none; look for another cause there. "
        "One sound test in twenty fails this by chance.",
    )


def _too_short(panel: GeoPanel) -> str:
    before, needed = len(panel.dates) - panel.periods_tested, round(1 / PLACEBO)
    return (
        f"{before} {panel.period_name}s before the test are too few to tell whether an effect shows where none is; "
        f"give {needed} or more."
    )


def _placebo_in_space(straying: Straying, panel: GeoPanel) -> Check:
    """Whether the test's time was like other times for markets in which nothing was changed."""
    if not straying.known:
        return Check(
            name=PLACEBO_IN_SPACE,
            passed=None,
            detail=f"{count(len(panel.donor_names))} untreated markets over {count(len(panel.dates))} {panel.period_name}s are "
            f"too few to tell whether others were quiet during the test; it takes 2 that move, and {round(1 / UNUSUAL)} "
            f"{panel.period_name}s that are {round(1 / LEAST_DISJOINT)} times as long as the test.",
        )
    far = f"During the test untreated markets strayed {number(straying.tested)} times as far as usual from what the others predict"
    return Check(
        name=PLACEBO_IN_SPACE,
        passed=not straying.restless,
        value=straying.tested,
        threshold=straying.most,
        detail=f"{far}, as in other times (p = {straying.p_value:.3f})."
        if not straying.restless
        else f"{far}, where up to {number(straying.most)} is normal (p = {straying.p_value:.3f}). Single markets drift "
        "or something else moved them: look for the cause. Intervals are widened for it, and more than that, as few markets tell how far. One sound test in twenty fails this by chance.",
    )


def _stands_out(straying: Straying, effect: GeoEffect, even: float) -> Check:
    """How the treated rank among untreated markets: told beside the interval, which decides."""
    if not len(straying.untreated):
        return Check(name=STANDS_OUT, passed=None, detail="No untreated market can be compared with the others.")
    gap, matters = effect.att.estimate - even, "no effect" if effect.profit is None else "breaking even"
    return Check(
        name=STANDS_OUT,
        passed=None,
        value=straying.rank_p_value(gap),
        detail=f"{count(straying.as_far(gap))} of {count(len(straying.untreated))} untreated markets strayed as far during the test "
        f"as the treated ones lie from {matters}, each beside its usual (rank p = {straying.rank_p_value(gap):.3f}).",
    )


def _pre_fit(effect: GeoEffect) -> Check:
    passed = effect.followed >= FOLLOWED
    return Check(
        name="pre_fit",
        passed=passed,
        value=effect.followed,
        threshold=FOLLOWED,
        detail=f"Before the test the synthetic control {following(effect.followed)}; "
        f"its imbalance is {number(effect.l2_imbalance)}, {percent(effect.scaled_l2)} of what equally weighted donors leave."
        + ("" if passed else " Expect wide intervals; look for donors that move alike."),
    )


def _pre_period(panel: GeoPanel) -> Check:
    before = len(panel.dates) - panel.periods_tested
    ratio = before / panel.periods_tested
    passed = ratio >= HISTORY
    return Check(
        name="pre_period",
        passed=passed,
        value=ratio,
        threshold=HISTORY,
        detail=f"{before} {panel.period_name}s before the test are {number(ratio)} times its length"
        + ("." if passed else f"; give at least {HISTORY} times, or the interval rests on few blocks."),
    )


def _donors(effect: GeoEffect, panel: GeoPanel) -> Check:
    effective = 1 / float((effect.control.weights**2).sum())
    donors = len(panel.donor_names)
    passed = donors >= DONORS
    return Check(
        name="donors",
        passed=passed,
        value=donors,
        threshold=DONORS,
        detail=f"{count(donors)} untreated markets can stand in for the treated, worth {number(effective)} equally weighted ones"
        + ("." if passed else f"; with fewer than {DONORS}, a shock to one of them reads as an effect."),
    )
