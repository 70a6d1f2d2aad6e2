"""The plan that is under way, the media mix that it was made from, and what came since: what a review of it reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.handoff import read_handoff
from workbench.runs.history import find_run
from workbench.runs.last_run import AUTO, load_result
from workbench.runs.store import finished_runs

if TYPE_CHECKING:
    import pandas as pd

    from workbench.mmm import MediaMixResult
    from workbench.runs.record import RunRecord
    from workbench.scenarios.pacing.review import Came
    from workbench.workspace import Workspace

PLANS = ("media_plan_weekly.csv", "media_plan.csv")
PLAN_ANALYSIS, MEDIA_MIX_ANALYSIS, REVIEW_ANALYSIS = "scenario_planning", "media_mix", "performance_review"


@dataclass(frozen=True, kw_only=True)
class SavedPlan:
    """A plan as it was handed on.

    Attributes:
        run: Id of its run.
        weekly: One row a `week`, `market` and `channel` with its `spend`.
        triggers: Bounds that it was saved with, None for a plan without.
        media_mix: What it was made from.
        media_mix_run: Id of that run.
    """

    run: str
    weekly: pd.DataFrame
    triggers: pd.DataFrame | None
    media_mix: MediaMixResult
    media_mix_run: str


def saved_plan(workspace: Workspace, plan: str = AUTO) -> SavedPlan:
    """Find a plan with its media mix.

    Args:
        workspace: Whose runs are looked through.
        plan: `auto` for the newest, else a run's id or a unique beginning of it.

    Raises:
        RunError: If there is no such plan, or no media mix that ends where the plan begins.
    """
    import pandas as pd

    record = _plan_record(workspace, plan)
    weekly = read_handoff(_plan_file(record))
    weekly = weekly.assign(week=pd.to_datetime(weekly["week"]))
    media_mix, run = _media_mix_of(workspace, weekly["week"].min(), record)
    saved = record.result_folder / "triggers.parquet"
    triggers = pd.read_parquet(saved) if saved.is_file() else None
    return SavedPlan(
        run=record.run_id,
        weekly=weekly,
        triggers=triggers if triggers is not None and len(triggers) else None,
        media_mix=media_mix,
        media_mix_run=run,
    )


def came_since(workspace: Workspace, plan: SavedPlan) -> Came:
    """The tables of the weeks since the plan began: `later_media` and its like where they are mapped, else the newer rows of `media`."""
    from workbench.scenarios.pacing.review import Came

    first = plan.weekly["week"].min()

    def rows(name: str) -> pd.DataFrame | None:
        mapped = f"later_{name}" if workspace.has(f"later_{name}") else name
        if not workspace.has(mapped):
            return None
        frame = workspace.frame(mapped)
        return frame[frame["week"] >= first]

    media, kpi = rows("media"), rows("kpi")
    if media is None or kpi is None:
        raise RunError("a review needs the tables media and kpi of the weeks since the plan began; map them")
    others = {name: workspace.frame(name) for name in ("deliveries", "capacity", "commitments") if workspace.has(name)}
    return Came(media=media, kpi=kpi, controls=rows("controls"), **others)


def earlier_scores(workspace: Workspace, plan_run: str) -> list[tuple[str, pd.DataFrame]]:
    """Each other plan that was ever reviewed, with the scores of its last review; reviews that can't be read are passed over."""
    from workbench.scenarios.pacing.result import PerformanceResult

    found: dict[str, pd.DataFrame] = {}
    for record in finished_runs(workspace.reports):
        if record.summary.analysis != REVIEW_ANALYSIS or record.path is None:
            continue
        try:
            review = load_result(PerformanceResult, record.path)
        except RunError:
            continue
        if review.plan_run != plan_run:
            found.setdefault(review.plan_run, review.scores)
    return list(found.items())


def _plan_record(workspace: Workspace, plan: str) -> RunRecord:
    if plan != AUTO:
        record = find_run(workspace.reports, plan)
        if record.summary.analysis != PLAN_ANALYSIS:
            raise RunError(
                f"run {record.run_id} is a {record.summary.analysis}, not a plan; name one of scenario_planning"
            )
        return record
    plans = [record for record in finished_runs(workspace.reports) if record.summary.analysis == PLAN_ANALYSIS]
    if not plans:
        raise RunError("there is no finished plan to review; run `workbench run scenario_planning` first")
    return plans[0]


def _plan_file(record: RunRecord) -> Path:
    folder = (record.path or Path()) / "handoff"
    for name in PLANS:
        if (folder / name).is_file():
            return folder / name
    raise RunError(f"run {record.run_id} handed on no media plan; run scenario_planning again")


def _media_mix_of(workspace: Workspace, first: pd.Timestamp, plan: RunRecord) -> tuple[MediaMixResult, str]:
    """The newest media mix from before the plan whose last week is the one before the plan's first."""
    from workbench.mmm import MediaMixResult

    for record in finished_runs(workspace.reports):
        if record.summary.analysis != MEDIA_MIX_ANALYSIS or record.started_at > plan.started_at or record.path is None:
            continue
        media_mix = load_result(MediaMixResult, record.path)
        if (first - media_mix.weeks[-1]).days == 7:
            return media_mix, record.run_id
    raise RunError(
        f"no media mix from before run {plan.run_id} ends in the week before {first:%Y-%m-%d}, where its plan begins; "
        "run media_mix and scenario_planning again"
    )
