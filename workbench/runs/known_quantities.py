"""Quantities of KPIs that runs have measured: what a new customer is worth, and what experiments changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from statistics import NormalDist
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.last_run import load_result
from workbench.runs.parents import note_parent
from workbench.runs.store import readable_runs

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from workbench.result import Result
    from workbench.workspace import Workspace

DRAWS = 4000


def of_runs(workspace: Workspace, needs: Iterable[str]) -> dict[str, np.ndarray]:
    """Draws of those of the quantities that the newest runs tell; what no run tells is left out."""
    wanted = set(needs)
    found: dict[str, np.ndarray] = {}
    if "ltv" in wanted and (value := _lifetime_value(workspace)) is not None:
        found["ltv"] = value
    return found | _read_out(workspace, wanted)


def _lifetime_value(workspace: Workspace) -> np.ndarray | None:
    """Of a new customer, over all groups of the newest segmentation that compared any."""
    from workbench.segments import SegmentationResult

    for result in _newest(workspace, SegmentationResult):
        groups = result.groups
        if len(groups):
            return _weighted(groups[groups["group"] == groups["group"].iloc[0]])
    return None


def _weighted(groups: pd.DataFrame) -> np.ndarray:
    """Mean over customers of groups whose values are known apart from each other."""
    import numpy as np

    from workbench.segments.uncertainty import LEVEL

    share = (groups.customers / groups.customers.sum()).to_numpy(dtype=float)
    error = _error(groups.lower, groups.upper, LEVEL)
    return _normal(float(share @ groups.ltv), float(np.sqrt(share**2 @ error**2)))


def _read_out(workspace: Workspace, wanted: set[str]) -> dict[str, np.ndarray]:
    from workbench.experiments import ExperimentResult
    from workbench.scenarios.goals.kpis import EFFECT, RETURN

    missing = {name for name in wanted if name.startswith((EFFECT, RETURN))}
    found: dict[str, np.ndarray] = {}
    for result in _newest(workspace, ExperimentResult) if missing else ():
        effect, returned = f"{EFFECT}{result.experiment_id}", f"{RETURN}{result.experiment_id}"
        primary = result.effects[result.effects.role == "primary"]
        if effect in missing and len(primary):
            row = primary.iloc[0]
            found[effect] = _between(row.relative, row.relative_lower, row.relative_upper, row.level)
        if returned in missing and len(result.cells):
            row, level = result.cells.iloc[0], workspace.config.experiments[result.experiment_id].confidence
            found[returned] = _between(row.iroas, row.iroas_lower, row.iroas_upper, level)
        # An older readout of the same test has been replaced, also where the newer one found nothing.
        missing -= {effect, returned}
    return found


def _newest[R: Result](workspace: Workspace, kind: type[R]) -> Iterator[R]:
    """Results of finished runs, the newest first; what can't be read is passed over, since an older run may do."""
    records, _ = readable_runs(workspace.reports)
    for record in records:
        if record.summary.analysis == kind.analysis:
            with suppress(RunError):
                found = load_result(kind, record.result_folder.parent)
                note_parent(record.run_id)
                yield found


def _between(estimate: float, lower: float, upper: float, level: float) -> np.ndarray:
    return _normal(float(estimate), float(_error(lower, upper, level)))


def _error[Number: (float, "pd.Series[float]")](lower: Number, upper: Number, level: float) -> Number:
    """Standard error behind a normal interval."""
    return (upper - lower) / (2 * NormalDist().inv_cdf((1 + level) / 2))


def _normal(mean: float, error: float) -> np.ndarray:
    """Draws at the quantiles of a normal distribution, in an order without a pattern."""
    import numpy as np

    quantiles = (np.arange(DRAWS) + 0.5) / DRAWS
    return np.random.default_rng(0).permutation([mean + error * NormalDist().inv_cdf(q) for q in quantiles])
