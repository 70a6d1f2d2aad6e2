"""Read out a test that changed a channel's spend in some markets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from workbench.config import GeoExperiment
from workbench.experiments.decision import Decision
from workbench.experiments.geo.cells import cell_tests, whole_test
from workbench.experiments.geo.checks import geo_checks, join_checks
from workbench.experiments.geo.effects import (
    GeoEffect,
    break_even,
    corrected,
    geo_estimates,
    measure_effect,
    ridge_penalty,
)
from workbench.experiments.geo.findings import cell_finding, geo_findings
from workbench.experiments.geo.frames import cells_frame, series_frame, weights_frame
from workbench.experiments.geo.panel import GeoPanel, build_geo_panel
from workbench.experiments.geo.placebos import Placebos, placebo_frame, pretend_tests
from workbench.experiments.geo.verdict import decide_geo, overall, trusted
from workbench.experiments.lift_record import geo_lift
from workbench.experiments.result import DECISION_COLUMNS, LIFT_COLUMNS, ExperimentResult, typed_frame
from workbench.result import Check, Provenance, estimates_frame
from workbench.wording import named


@dataclass(frozen=True, kw_only=True)
class CellReadout:
    """One group of treated markets, read out."""

    name: str
    spec: GeoExperiment
    panel: GeoPanel
    effect: GeoEffect
    placebos: Placebos
    checks: tuple[Check, ...]
    decision: Decision


def read_out_geo(
    geo: pd.DataFrame,
    experiment_id: str,
    spec: GeoExperiment,
    *,
    provenance: Provenance,
    currency: str,
    today: date | None = None,
    others: Mapping[str, GeoExperiment] | None = None,
) -> ExperimentResult:
    """Read out one geo test with a synthetic control; nothing in it is random, so it takes no seed.

    Args:
        geo: The canonical `geo` table: experiment_id, date, market, kpi.
        experiment_id: Which experiment of the table.
        spec: Which markets were treated, when, and for how much.
        provenance: Where the data came from.
        currency: ISO 4217 code.
        today: Day of reading, None for the calendar's.
        others: All declared geo tests by name, so that those in the same markets are seen.

    Raises:
        SpecError: If the experiment or a treated market isn't in the data, no donor is left, or the test lies ahead.
        DataError: If a market-day is missing, repeated or not a number, or the data don't span the test.
    """
    panel = build_geo_panel(geo, experiment_id, spec, today=today, others=others)
    tests = cell_tests(spec, experiment_id)
    cells = [_read_cell(name, test, panel, len(tests), currency) for name, test in tests.items()]
    best = overall([cell.decision for cell in cells], [cell.effect for cell in cells])
    cells.sort(key=lambda cell: cell.decision is not best)
    shown, rest = cells[0], cells[1:]
    whole = _so_far(whole_test(spec), panel)
    total = shown.effect if not rest else _measure_whole(panel, whole, cells)
    entities = {experiment_id: (total, panel, whole)}
    entities |= {cell.name: (cell.effect, cell.panel, cell.spec) for cell in cells}
    return ExperimentResult(
        title=f"Experiment readout: {named(experiment_id)}",
        estimates=estimates_frame(
            row for name, parts in entities.items() for row in geo_estimates(*parts, name, currency)
        ),
        checks=join_checks({cell.name: cell.checks for cell in cells}),
        findings=_findings(best, shown, rest, currency),
        provenance=provenance,
        experiment_id=experiment_id,
        kind="geo",
        currency=currency,
        verdict=best.verdict,
        decided_by=best.decided_by,
        would_change=best.would_change,
        decisions=typed_frame([vars(cell.decision) for cell in cells], DECISION_COLUMNS),
        series=pd.concat([series_frame(cell.name, cell.panel, cell.effect) for cell in cells], ignore_index=True),
        weights=pd.concat([weights_frame(cell.name, cell.panel, cell.effect) for cell in cells], ignore_index=True),
        placebos=pd.concat(
            [placebo_frame(cell.placebos, cell.panel, cell.effect, cell.name) for cell in cells], ignore_index=True
        ),
        cells=cells_frame([(cell.name, cell.spec, cell.effect, cell.decision) for cell in cells]),
        lift=_lift(experiment_id, spec, cells, total),
    )


def _findings(best: Decision, shown: CellReadout, rest: Sequence[CellReadout], currency: str) -> tuple[str, ...]:
    others = [cell_finding(cell.decision, cell.effect, cell.spec, currency) for cell in rest]
    return geo_findings(best, shown.effect, shown.placebos.straying, shown.panel, shown.spec, currency, others)


def _read_cell(name: str, spec: GeoExperiment, whole: GeoPanel, cells: int, currency: str) -> CellReadout:
    panel = whole.of(spec.treated)
    test = _so_far(spec, panel)
    penalty = ridge_penalty(panel, test)
    placebos = pretend_tests(panel, penalty)
    effect = corrected(measure_effect(panel, test, penalty, placebos.straying.widening(test.confidence)), cells)
    checks = geo_checks(effect, placebos, panel, break_even(panel, test))
    decision = decide_geo(effect, panel, test, checks, currency, name if cells > 1 else "")
    return CellReadout(
        name=name, spec=test, panel=panel, effect=effect, placebos=placebos, checks=checks, decision=decision
    )


def _measure_whole(panel: GeoPanel, spec: GeoExperiment, cells: Sequence[CellReadout]) -> GeoEffect:
    """All cells as one group; its time was as restless as that of the most restless of them."""
    widening = max(cell.placebos.straying.widening(spec.confidence) for cell in cells)
    return measure_effect(panel, spec, ridge_penalty(panel, spec), widening)


def _so_far(spec: GeoExperiment, panel: GeoPanel) -> GeoExperiment:
    """The test with the spend of the periods that are in, were it spent evenly."""
    if spec.spend_change is None or not panel.running:
        return spec
    return spec.model_copy(update={"spend_change": spec.spend_change * panel.periods_tested / panel.periods_planned})


def _lift(experiment_id: str, spec: GeoExperiment, cells: list[CellReadout], total: GeoEffect) -> pd.DataFrame:
    """One record for each cell that may be trusted, or one in all where the cells make up the media mix' markets together."""
    sound = [cell for cell in cells if trusted(cell.decision)]
    if not sound or (spec.markets and len(sound) < len(cells)):
        return typed_frame([], LIFT_COLUMNS)
    if len(cells) == 1 or spec.markets:
        return geo_lift(total, experiment_id, whole_test(spec))
    records = [geo_lift(cell.effect, f"{experiment_id}/{cell.name}", cell.spec) for cell in sound]
    return pd.concat(records, ignore_index=True)
