"""Any two saved scenarios side by side: two plans, or two worlds of one plan, by the names that a person types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.saved_plan import PLAN_ANALYSIS, load_plan, plan_folder
from workbench.runs.store import readable_runs

if TYPE_CHECKING:
    from workbench.scenarios.comparison import Comparison, SavedScenario
    from workbench.scenarios.prepared import PreparedPlan
    from workbench.workspace import Workspace

PREVIOUS, WORLD = "previous", ":"


def compare_plans(workspace: Workspace, first: str, second: str) -> Comparison:
    """Hold the second scenario against the first.

    Args:
        workspace: Whose runs are looked through.
        first: `latest` for the newest plan, `previous` for the one before, a run's id, a unique beginning of it, or its folder; then, after
            a colon, one of the worlds that it was prepared for, such as `latest:rival_leaves`.
        second: Likewise.

    Raises:
        RunError: If there is no such plan, or it can't be read.
        SpecError: If a plan has no such world, or they are in two currencies.
    """
    from workbench.scenarios.comparison import compare_scenarios

    return compare_scenarios(saved_scenario(workspace, first), saved_scenario(workspace, second))


def beside(workspace: Workspace, plan: PreparedPlan, other: str) -> Comparison | None:
    """A plan that is being made, held against a saved scenario; None where none is named.

    Names and errors as in `compare_plans`; `latest` is the newest plan that was saved before.
    """
    from workbench.scenarios.comparison import SavedScenario, compare_scenarios

    return (
        compare_scenarios(saved_scenario(workspace, other), SavedScenario(name="this plan", plan=plan))
        if other
        else None
    )


def saved_scenario(workspace: Workspace, name: str) -> SavedScenario:
    """The scenario that a person means; names and errors as in `compare_plans`."""
    from workbench.scenarios.comparison import SavedScenario
    from workbench.scenarios.contingency.states import EXPECTED

    run, _, world = name.partition(WORLD)
    folder = plan_folder(workspace, _previous(workspace) if run == PREVIOUS else run)
    return SavedScenario(
        name=f"{folder.name}{WORLD}{world}" if world else folder.name, plan=load_plan(folder), world=world or EXPECTED
    )


def _previous(workspace: Workspace) -> str:
    records, _ = readable_runs(workspace.reports)
    plans = [record.run_id for record in records if record.summary.analysis == PLAN_ANALYSIS]
    if len(plans) < 2:
        raise RunError(f"there is no plan before the latest in {workspace.reports}; `workbench runs` lists all runs")
    return plans[1]
