"""What could make a geo test's numbers mislead, each as a named check."""

from __future__ import annotations

from workbench.experiments.geo.effects import GeoEffect
from workbench.experiments.geo.panel import GeoPanel
from workbench.result import Check
from workbench.wording import count, number, percent

FOLLOWED = 0.5
PLACEBO = 0.05
HISTORY = 4
DONORS = 4


def geo_checks(effect: GeoEffect, panel: GeoPanel) -> tuple[Check, ...]:
    """All checks, the one that can change the verdict first."""
    return _placebo_in_time(effect, panel), _pre_fit(effect), _pre_period(panel), _donors(effect, panel)


def _placebo_in_time(effect: GeoEffect, panel: GeoPanel) -> Check:
    p_value = effect.placebo_p_value
    passed = p_value >= PLACEBO
    span = f"the last {panel.periods_tested} {panel.period_name}s before the test"
    return Check(
        name="placebo_in_time",
        passed=passed,
        value=p_value,
        threshold=PLACEBO,
        detail=f"No effect shows in {span} (p = {p_value:.3f})."
        if passed
        else f"An effect already shows in {span} (p = {p_value:.3f}), where there should be none; look for another cause there. "
        "One sound test in twenty fails this by chance.",
    )


def _pre_fit(effect: GeoEffect) -> Check:
    passed = effect.followed >= FOLLOWED
    return Check(
        name="pre_fit",
        passed=passed,
        value=effect.followed,
        threshold=FOLLOWED,
        detail=f"Before the test the synthetic control follows {percent(effect.followed)} of the treated markets' movement; "
        f"its imbalance is {number(effect.l2_imbalance, 6)}, {percent(effect.scaled_l2)} of what equally weighted donors leave."
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
