"""Which interval may be read today, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

import numpy as np

from workbench.config import UserExperiment
from workbench.experiments.sequential.confidence_sequence import ConfidenceSequence
from workbench.experiments.sequential.fixed_horizon import FixedHorizon
from workbench.experiments.sequential.group_sequential import GroupSequential
from workbench.experiments.sequential.planned_end import PlannedEnd
from workbench.wording import count

# Without a planned size: too small a number costs large tests a tenth of width, too large a one costs small tests a quarter.
TUNED_WITHOUT_PLAN = 5_000
LATEST_LOOK, READINGS_A_LOOK = 0.1, 4

type Kind = Literal["always_valid", "group_sequential", "fixed"]


class Boundary(Protocol):
    """How far from zero an estimate must lie, in standard errors, before chance no longer explains it."""

    def critical(self, alpha: float) -> float: ...

    def p_value(self, z: float) -> float: ...


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a test is read today.

    Attributes:
        kind: What the interval is valid for.
        critical: Half width of every interval in standard errors.
        why: One sentence: which interval it is, and why.
        until: When the test is to be read next for a verdict, such as `2025-11-30` or `40,000 users`; empty where it ended.
        ended: Whether the test has reached its planned end.
        decides: Whether the plan lets today's reading settle a verdict; False between planned looks.
        boundary: What `critical` comes from.
    """

    kind: Kind
    critical: float
    why: str
    until: str
    ended: bool
    decides: bool
    boundary: Boundary

    def p_value(self, z: float) -> float:
        """Two-sided, of no effect, valid under this reading; at most 1 - confidence where |z| reaches `critical`."""
        return self.boundary.p_value(z)

    @property
    def last(self) -> bool:
        """Whether the plan ends with this reading, or a test without a plan is read for the first time: that happens only once."""
        return self.ended and self.kind != "always_valid"

    @property
    def override(self) -> float | None:
        """What replaces Welch's t quantile in an interval; None where that one holds as it is."""
        return None if isinstance(self.boundary, FixedHorizon) else self.critical


@dataclass(frozen=True, kw_only=True)
class PastReading:
    """A reading before today's.

    Attributes:
        units: Units of all arms at that time.
        day: The day of that reading.
    """

    units: int
    day: date


def choose_reading(
    spec: UserExperiment, units: int, today: date, *, earlier: Collection[PastReading] | None = None
) -> Reading:
    """Choose the reading that is valid today.

    All comparisons of a test share one reading, as every arm is at the same share of its plan.

    Args:
        spec: Its `reading`, and its plan: `end` or `planned_units`, and `looks`.
        units: Units of all arms so far, counted as `planned_units` are.
        today: The day of the reading; the planned last day itself isn't over yet.
        earlier: All readings before this one; None where nobody can tell. Reading the same units again is no further look.
    """
    fewer = None if earlier is None else [past for past in earlier if past.units < units]
    by_looks = spec.reading == "group_sequential" or (
        spec.reading == "auto" and bool(spec.looks) and spec.planned_units is not None
    )
    if fewer and (by_looks or spec.reading == "auto") and any(_was_last(past, spec, by_looks) for past in fewer):
        return _once_more(spec, units)
    if by_looks:
        return _at_looks(spec, units, today)
    ended = _ended(spec, units, today)
    if spec.reading == "always_valid":
        why = f"The interval holds however often the test is read, as asked for; {_tuning(spec)}."
        return _always_valid(spec, units, why, ended=ended, decides=True, until="" if ended else _until(spec))
    if not ended:
        return _running(spec, units)
    return _fixed(spec, units, read_before=None if fewer is None else bool(fewer))


def tuned_to(spec: UserExperiment) -> int:
    """The number of units at which what may be read at any time is nearly as sharp as it can be."""
    return spec.planned_units or TUNED_WITHOUT_PLAN


def _was_last(past: PastReading, spec: UserExperiment, by_looks: bool) -> bool:
    """Whether a reading was already the last one that the plan, or its absence, allows for."""
    enough = by_looks and spec.planned_units is not None and past.units >= spec.planned_units
    return enough or _ended(spec, past.units, past.day)


def _once_more(spec: UserExperiment, units: int) -> Reading:
    before = "without a plan" if _has_no_plan(spec) else f"at its planned end ({_until(spec)})"
    why = (
        f"The test was read before, {before}, and more users came since, so the interval is one that holds however often it is read; "
        f"{_tuning(spec)}."
    )
    return _always_valid(spec, units, why, ended=True, decides=True, until="")


def _has_no_plan(spec: UserExperiment) -> bool:
    return spec.end is None and spec.planned_units is None


def _ended(spec: UserExperiment, units: int, today: date) -> bool:
    if spec.end is not None:
        return today > spec.end
    return spec.planned_units is None or units >= spec.planned_units


def _running(spec: UserExperiment, units: int) -> Reading:
    if spec.reading == "fixed":
        why = (
            f"The test is to be read once, at its planned end ({_until(spec)}); until then the interval is one that holds however "
            "often it is looked at, and settles nothing."
        )
    else:
        why = f"The test still runs, so its interval holds however often it is read; {_tuning(spec)}."
    return _always_valid(spec, units, why, ended=False, decides=spec.reading != "fixed", until=_until(spec))


def _always_valid(spec: UserExperiment, units: int, why: str, *, ended: bool, decides: bool, until: str) -> Reading:
    return _reading("always_valid", _sequence(spec, units), spec, why, until=until, ended=ended, decides=decides)


def _fixed(spec: UserExperiment, units: int, *, read_before: bool | None) -> Reading:
    if _has_no_plan(spec):
        why = "No end was planned, so the test counts as ended; the interval holds if nobody chose the day by its results."
        return _reading("fixed", FixedHorizon(), spec, why)
    if spec.reading == "fixed":
        why = f"The test reached its planned end ({_until(spec)}), at which it is read once."
        return _reading("fixed", FixedHorizon(), spec, why)
    if read_before is False:
        why = f"The test reached its planned end ({_until(spec)}) and was not read before; the interval is that of a single reading."
        return _reading("fixed", FixedHorizon(), spec, why)
    stopped = "was read before, and could have been stopped then" if read_before else "could have been stopped before"
    why = (
        f"The test reached its planned end ({_until(spec)}); the interval is that of the planned end, a little wider because the test "
        f"{stopped}."
    )
    return _reading("fixed", PlannedEnd(earlier=_sequence(spec, units)), spec, why)


def _at_looks(spec: UserExperiment, units: int, today: date) -> Reading:
    """Bounds hold at a planned look, or late by at most a tenth of the plan; between looks nothing is settled."""
    planned = spec.planned_units or units
    share = units / planned
    alpha = 1 - spec.confidence
    if share >= 1 or (spec.end is not None and today > spec.end):
        # The last look takes place with the units there are, be they more or fewer than planned.
        taken = _windows(tuple(look for look in spec.looks[:-1] if look < share), share)
        why = "This is the last of the planned looks; the bounds share one error among all of them."
        return _reading("group_sequential", GroupSequential(looks=(*taken, share), final=True, alpha=alpha), spec, why)
    past = tuple(look for look in spec.looks if look <= share)
    coming = min(look for look in spec.looks if look > share)
    until = f"{count(coming * planned)} users"
    if past and share <= past[-1] + LATEST_LOOK:
        why = f"This is planned look {len(past)} of {len(spec.looks)}; the bounds share one error among all of them."
        bounds = GroupSequential(looks=_windows(past, coming), final=False, alpha=alpha)
        return _reading("group_sequential", bounds, spec, why, until=until, ended=False)
    why = (
        f"No look is planned now, the next one is at {until}; until then the interval is one that holds however often it is looked at, "
        "and settles nothing."
    )
    return _always_valid(spec, units, why, ended=False, decides=False, until=until)


def _windows(looks: tuple[float, ...], coming: float) -> tuple[tuple[float, ...], ...]:
    """When each look may take place: on time, or late by up to a tenth of the plan, and before the next one.

    One bound holds throughout, so that reading a look again while it is open claims nothing that reading it once wouldn't.
    """
    return tuple(
        tuple(
            look + late for late in np.linspace(0, LATEST_LOOK, READINGS_A_LOOK) if late == 0 or look + late < following
        )
        for look, following in zip(looks, (*looks, coming)[1:], strict=True)
    )


def _reading(
    kind: Kind,
    boundary: Boundary,
    spec: UserExperiment,
    why: str,
    *,
    until: str = "",
    ended: bool = True,
    decides: bool = True,
) -> Reading:
    return Reading(
        kind=kind,
        critical=boundary.critical(1 - spec.confidence),
        why=why,
        until=until,
        ended=ended,
        decides=decides,
        boundary=boundary,
    )


def _sequence(spec: UserExperiment, units: int) -> ConfidenceSequence:
    return ConfidenceSequence(units=units, tuned_to=tuned_to(spec), tuned_at=1 - spec.confidence)


def _tuning(spec: UserExperiment) -> str:
    if spec.planned_units is None:
        return f"no size was planned, so it is tuned to {count(TUNED_WITHOUT_PLAN)} users"
    return f"it is tuned to the planned {count(spec.planned_units)} users"


def _until(spec: UserExperiment) -> str:
    if spec.end is not None:
        return f"{spec.end:%Y-%m-%d}"
    return f"{count(spec.planned_units or 0)} users"
