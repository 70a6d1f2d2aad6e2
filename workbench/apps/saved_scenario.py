"""Keep a plan of the planner: as a scenario that `workbench compare` reads, and as the file that other systems take.

Both are made from an object of the class that planning runs save, so that a visitor's plan and a run's are told by the same code.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import asdict, replace
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from workbench.apps.planner_answer import Shown
from workbench.apps.published import Published
from workbench.errors import SpecError
from workbench.result import estimates_frame
from workbench.scenarios import checks
from workbench.scenarios.contingency.compare import scenario_draws, scenario_plans, scenario_table
from workbench.scenarios.contingency.fingerprint import limits_hash, scenario_hash
from workbench.scenarios.contingency.presolve import Presolved
from workbench.scenarios.contingency.reserve import NO_RESERVE
from workbench.scenarios.contingency.states import State, expected_state
from workbench.scenarios.handoff import media_plan_weekly
from workbench.scenarios.otherwise import OtherGround, ground_otherwise, unasked
from workbench.scenarios.plan import plan_estimates
from workbench.scenarios.prepared import PreparedPlan
from workbench.scenarios.result import ScenarioResult
from workbench.scenarios.solve.quick import Ahead
from workbench.scenarios.tables import comparison_table, plan_table, weekly_table
from workbench.scenarios.why import binding_limits, held_ahead
from workbench.scenarios.world import world_dataset

FOLDER, PLAN_FILE = "scenarios", "media_plan_weekly.csv"
MOST = 200
LEFT_OUT = ("frontier", "curves", "nudges", "bids", "team_weeks")
NOT_PREPARED = ("cut_order", "reinvest_order", "order_plans", "reserve_curve", "triggers", "detection")


def save_scenario(published: Published[ScenarioResult], shown: Shown, name: str) -> Path:
    """Save the plan that is shown under `reports/scenarios`, without replacing an earlier one.

    Returns:
        The scenario's folder, relative to the workspace, as `workbench compare latest <folder>` takes it.

    Raises:
        SpecError: If the name is empty or taken, or this plan can't be saved.
    """
    result = published.result
    if not isinstance(result, PreparedPlan) or shown.world or unasked(result):
        raise SpecError(f"this plan can't be saved as a scenario: {_why(result, shown)}")
    folder = published.workspace.reports / FOLDER / _file_name(name)
    if folder.exists():
        raise SpecError(f"there is a scenario {folder.name} already; choose another name")
    if len(list(folder.parent.glob("*"))) >= MOST:
        raise SpecError(f"{folder.parent} holds {MOST} scenarios; remove some first")
    scenario_of(result, shown, title=name.strip()).save(folder / "result")
    return folder.relative_to(published.workspace.root)


def hand_off(published: Published[ScenarioResult], shown: Shown) -> bytes:
    """`media_plan_weekly.csv` of the plan that is shown, as a run writes it."""
    from workbench.runs.handoff import write_handoff  # loads an engine, for which a page should not wait

    result = published.result
    rows = media_plan_weekly(replace(result, plan_weekly=_weekly(result, shown)))
    if isinstance(result, PreparedPlan):
        rows = rows.assign(scenario_hash=_hash(result, shown))
    with tempfile.TemporaryDirectory() as folder:
        write_handoff({PLAN_FILE: rows}, Path(folder))
        return (Path(folder) / PLAN_FILE).read_bytes()


def scenario_of(result: PreparedPlan, shown: Shown, *, title: str) -> PreparedPlan:
    """The plan that is shown as a saved plan of its own, prepared for the expected world alone."""
    ground, answered = ground_otherwise(result, shown.asked), shown.answer
    problem, cells = ground.problem, ground.problem.cells
    limits = problem.limits.with_budget(answered.budget)
    state = _state(shown)
    kept = shown.outcomes if shown.saved is None else shown.saved
    known = Presolved(state=state, spend=answered.spend, worth=shown.outcomes, kept=kept, gap=answered.gap)
    ranges = np.stack([answered.channel_spend, answered.channel_spend])
    return replace(
        result,
        title=title,
        estimates=estimates_frame(plan_estimates(answered, result.currency)),
        checks=(
            checks.optimality(answered, result.currency),
            checks.limits_kept(limits.violation(answered.spend), answered.budget, result.currency),
        ),
        findings=(),
        mode="budget",
        budget=answered.budget,
        horizon_weeks=len(shown.weeks),
        risk=shown.risk,
        planning=problem.planning,
        plan=plan_table(ground.media, ground.capacity, cells, limits, problem.upper_reason, answered, ranges),
        plan_weekly=_weekly(result, shown),
        limits=binding_limits(limits, answered.spend, {}),
        comparison=comparison_table(ground.value, problem, limits, answered),
        world=_world(ground, shown),
        states=(state,),
        scenarios=scenario_table([known], [_hash(result, shown)], margin=result.margin),
        scenario_plans=scenario_plans([known], cells.weeks, cells.markets, cells.channels),
        scenario_draws=scenario_draws([known]),
        reserve=NO_RESERVE,
        cost_of_nesting={},
        limits_hash=_limits_hash(result, shown),
        **{name: getattr(result, name).head(0) for name in (*LEFT_OUT, *NOT_PREPARED)},
    )


def told(folder: Path) -> str:
    """Where a scenario lies and how to compare it, as HTML."""
    return (
        f'<p role="status">Saved. <code>workbench compare latest {escape(folder.as_posix())}</code> '
        "holds it against the newest plan.</p>"
    )


def _world(ground: OtherGround, shown: Shown) -> xr.Dataset:
    answered = shown.answered
    ahead = Ahead(
        budgets=np.array([answered.budget]),
        risks=np.array([shown.risk]),
        spend=answered.spend[None, None],
        bound=np.array([[answered.bound]]),
        price=np.zeros((1, 1)),
        blends=not ground.problem.limits.switches,
    )
    held = held_ahead(ground.problem.limits, ahead, ground.problem.upper_reason)
    return world_dataset(ground.problem, ahead, ground.capacity).assign(held=held)


def _weekly(result: ScenarioResult, shown: Shown) -> pd.DataFrame:
    if len(shown.weeks) != result.horizon_weeks:
        cells = ground_otherwise(result, shown.asked).problem.cells
        return weekly_table(cells, shown.answered.spend, forced=result.forced)
    spend = shown.answered.spend
    most = result.world["observed"].to_numpy() * result.world["price_factor"].to_numpy() * (1 + 1e-6)
    return result.plan_weekly.assign(spend=spend.ravel(), beyond_observed=(spend > most).ravel())


def _state(shown: Shown) -> State:
    return expected_state(shown.answered.budget)


def _hash(result: PreparedPlan, shown: Shown) -> str:
    """It changes with the plan: with all it was made of, and what was asked."""
    settings = {**result.provenance.parameters, "risk": shown.risk, **asdict(shown.asked)}
    limits = _limits_hash(result, shown)
    return scenario_hash(
        _state(shown), model=result.model_hash, limits=limits, data=result.data_hashes, settings=settings
    )


def _limits_hash(result: PreparedPlan, shown: Shown) -> str:
    if unasked(result):
        return result.limits_hash
    problem = ground_otherwise(result, shown.asked).problem
    teams = () if shown.capacity is None else shown.capacity.teams
    return limits_hash(problem.cells, problem.limits.with_budget(shown.answered.budget), teams)


def _why(result: ScenarioResult, shown: Shown) -> str:
    if shown.world:
        return (
            "it was saved with the plan already; `workbench compare` takes its world after a colon, as in latest:name"
        )
    return unasked(result) or "it was saved before plans were prepared for other worlds: plan anew"


def _file_name(name: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60]
    if not slug:
        raise SpecError(f"the name {name!r} holds no letter or digit; give the scenario a name")
    return slug
