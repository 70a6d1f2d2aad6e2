"""Read out a randomised test on users."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from workbench.config import UserExperiment
from workbench.experiments.decision import Decision
from workbench.experiments.lift_record import lift_checks, user_lift
from workbench.experiments.registry.shrinkage import learn_prior
from workbench.experiments.result import ExperimentResult
from workbench.experiments.sequential.reading import PastReading, choose_reading
from workbench.experiments.users.checks import user_checks
from workbench.experiments.users.comparisons import compare_all, with_primary
from workbench.experiments.users.course import course_frame
from workbench.experiments.users.days import require_past
from workbench.experiments.users.findings import user_findings
from workbench.experiments.users.heterogeneity import segment_effects
from workbench.experiments.users.measure import measure
from workbench.experiments.users.posteriors import beliefs, posterior_frame
from workbench.experiments.users.segment_checks import segments_frame
from workbench.experiments.users.tables import arms_frame, decisions_frame, effects_frame, user_estimates
from workbench.experiments.users.verdict import decide, overall
from workbench.result import Provenance
from workbench.wording import named


def read_out_users(
    units: ibis.Table,
    experiment_id: str,
    spec: UserExperiment,
    *,
    provenance: Provenance,
    currency: str,
    today: date | None = None,
    past: pd.DataFrame | None = None,
) -> ExperimentResult:
    """Read out one randomised test: gates, effects, money, verdict.

    Args:
        units: The canonical `units` table; only aggregates leave its engine.
        experiment_id: Which experiment of the table.
        spec: What was measured, against which control, at which confidence.
        provenance: Where the units came from.
        currency: ISO 4217 code.
        today: The day of reading, which tells whether the test still runs; None for the present one.
        past: Earlier readouts, `RECORD_COLUMNS`, from which usual effects are learnt; None where there are none.

    Raises:
        SpecError: If the experiment, its control or a metric's column isn't in the table.
        DataError: If units repeat, are in two arms or come from the future, an arm is empty, or outcomes are missing or out of
            range.
    """
    declared, spec = spec, with_primary(spec)
    measured = measure(units, experiment_id, spec)
    day = today or date.today()
    require_past(measured, spec, day)
    reading = choose_reading(spec, sum(measured.counts.values()), day, earlier=_earlier(past, experiment_id))
    comparisons = compare_all(measured, spec, reading)
    segments = segment_effects(measured, comparisons, spec)
    checks = user_checks(measured, comparisons, segments, spec, declared, currency)
    verdicts = tuple(decide(comparison, spec, checks, currency) for comparison in comparisons)
    decisions = _leading_first(overall(verdicts, comparisons), verdicts)
    prior = learn_prior(_newest(past), without=experiment_id)
    believed = beliefs(comparisons, spec, prior)
    lift = user_lift(comparisons, decisions[0].verdict, experiment_id, spec, today=day)
    return ExperimentResult(
        title=f"Experiment readout: {named(experiment_id)}",
        estimates=user_estimates(comparisons, spec, currency),
        checks=(*checks, *lift_checks(lift, spec, currency)),
        findings=user_findings(decisions, comparisons, believed, prior, segments, spec, currency),
        provenance=provenance,
        experiment_id=experiment_id,
        kind="users",
        currency=currency,
        verdict=decisions[0].verdict,
        decided_by=decisions[0].decided_by,
        would_change=decisions[0].would_change,
        decisions=decisions_frame(decisions),
        effects=effects_frame(comparisons, spec, currency),
        arms=arms_frame(measured.counts, spec),
        segments=segments_frame(segments, currency),
        posterior=posterior_frame(believed, prior),
        course=course_frame(measured, spec, currency),
        lift=lift,
    )


def _leading_first(leader: Decision, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    return (leader, *(decision for decision in decisions if decision is not leader))


def _earlier(past: pd.DataFrame | None, experiment_id: str) -> list[PastReading] | None:
    """Each earlier readout of this test."""
    if past is None:
        return None
    own = past[past.experiment_id == experiment_id]
    return [
        PastReading(units=units, day=_here(moment)) for units, moment in zip(own.units, own.recorded_at, strict=True)
    ]


def _here(moment: pd.Timestamp) -> date:
    """The day of a moment in UTC where the test is read, as the days of a plan are days there."""
    return moment.tz_localize("UTC").to_pydatetime().astimezone().date()


def _newest(past: pd.DataFrame | None) -> pd.DataFrame | None:
    return None if past is None else past[past["newest"]]
