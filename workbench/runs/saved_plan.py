"""The plan that is under way, the media mix that it was made from, and what came since: what a review of it reads."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.goal_weeks import with_later_weeks
from workbench.runs.history import find_run
from workbench.runs.last_run import AUTO, load_result
from workbench.runs.parents import note_parent
from workbench.runs.store import latest_run, readable_runs

if TYPE_CHECKING:
    import pandas as pd

    from workbench.mmm import MediaMixResult
    from workbench.scenarios.pacing.result import PerformanceResult
    from workbench.scenarios.pacing.review import Came
    from workbench.scenarios.prepared import PreparedPlan
    from workbench.workspace import Workspace

PLAN_ANALYSIS, LATEST = "scenario_planning", "latest"


@dataclass(frozen=True, kw_only=True)
class SavedPlan:
    """A plan as it was saved.

    Attributes:
        run: Id of its run.
        plan: The plan.
        media_mix: What it was made from.
    """

    run: str
    plan: PreparedPlan
    media_mix: MediaMixResult


def saved_plan(workspace: Workspace, plan: str = AUTO) -> SavedPlan:
    """Find a plan with its media mix.

    Args:
        workspace: Whose runs are looked through.
        plan: `auto` or `latest` for the newest, else a run's id, a unique beginning of it, or its folder.

    Raises:
        RunError: If there is no such plan, it can't be read, or its media mix is gone.
    """
    folder = plan_folder(workspace, plan)
    found = load_plan(folder)
    note_parent(folder.name)
    return SavedPlan(run=folder.name, plan=found, media_mix=_media_mix_of(workspace, found, folder.name))


def plan_folder(workspace: Workspace, plan: str) -> Path:
    """The folder of a plan's run; arguments and errors as in `saved_plan`."""
    if plan in (AUTO, LATEST):
        return latest_run(workspace.reports, PLAN_ANALYSIS).result_folder.parent
    named = workspace.root / plan
    if (named / "result").is_dir():
        return named
    record = find_run(workspace, plan)
    if record.summary.analysis != PLAN_ANALYSIS:
        made = f"a {record.summary.analysis}" if record.summary.analysis else f"{record.status}"
        raise RunError(f"run {record.run_id} is {made}, not a plan; name one of scenario_planning")
    return record.result_folder.parent


def load_plan(folder: Path) -> PreparedPlan:
    """The plan in a run's folder.

    Raises:
        RunError: If it can't be read, or was saved before plans kept their triggers.
    """
    from workbench.scenarios.prepared import PreparedPlan

    result = folder / "result"
    if result.is_dir() and not (result / "triggers.parquet").is_file():
        raise RunError(f"run {folder.name} was saved before plans kept their triggers; run scenario_planning again")
    return load_result(PreparedPlan, folder)


def came_since(workspace: Workspace, first: pd.Timestamp) -> Came:
    """The tables of the weeks since a plan began, later weeks included."""
    from workbench.scenarios.pacing.review import Came

    def rows(name: str) -> pd.DataFrame | None:
        frame = with_later_weeks(workspace, name)
        return None if frame is None else frame[frame["week"] >= first]

    media, kpi = rows("media"), rows("kpi")
    if media is None or kpi is None:
        raise RunError("a review needs the tables media and kpi of the weeks since the plan began; map them")
    others = {name: workspace.frame(name) for name in ("deliveries", "capacity", "commitments") if workspace.has(name)}
    return Came(media=media, kpi=kpi, controls=rows("controls"), **others)


def earlier_reviews(workspace: Workspace) -> list[PerformanceResult]:
    """All reviews that were ever made, the newest first; those that can't be read are passed over."""
    from workbench.scenarios.pacing.result import PerformanceResult

    found = []
    for record in readable_runs(workspace.reports)[0]:
        if record.summary.analysis == PerformanceResult.analysis:
            with suppress(RunError):
                found.append(load_result(PerformanceResult, record.result_folder.parent))
                note_parent(record.run_id)
    return found


def _media_mix_of(workspace: Workspace, plan: PreparedPlan, run: str) -> MediaMixResult:
    """The media mix whose numbers the plan was made from, the newest first."""
    from workbench.mmm import MediaMixResult
    from workbench.scenarios.contingency.fingerprint import model_hash

    records, _ = readable_runs(workspace.reports)
    for record in records:
        if record.summary.analysis == MediaMixResult.analysis:
            with suppress(RunError):
                media_mix = load_result(MediaMixResult, record.result_folder.parent)
                if model_hash(media_mix.posterior) == plan.model_hash:
                    note_parent(record.run_id)
                    return media_mix
    raise RunError(
        f"the media mix that run {run} was made from (model {plan.model_hash}) is no longer among the finished runs; "
        "put its folder back, or run scenario_planning again"
    )
