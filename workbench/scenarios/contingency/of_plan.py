"""The contingencies of a plan, from what the plan was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from workbench.config.planning import Planning
from workbench.mmm import MediaMixResult
from workbench.result import Provenance
from workbench.scenarios.capacity.calendar import Team
from workbench.scenarios.contingency.changed_value import value_in_state
from workbench.scenarios.contingency.contingency import Contingency, Origin, contingency
from workbench.scenarios.contingency.fingerprint import limits_hash, model_hash
from workbench.scenarios.contingency.predicted import Quarters
from workbench.scenarios.contingency.states import build_states
from workbench.scenarios.contingency.worlds import ValueOf, Worlds
from workbench.scenarios.objective import VOLUME, Objective
from workbench.scenarios.problem import Limits, MediaValue, Problem
from workbench.scenarios.solve import BRISK, Effort, Plan, solve

if TYPE_CHECKING:
    from workbench.mmm.posterior.outlook import Outlook


def contingency_of_plan(
    plan: Plan,
    problem: Problem,
    planning: Planning,
    media_mix: MediaMixResult,
    outlook: Outlook,
    *,
    value: ValueOf | None = None,
    teams: tuple[Team, ...] = (),
    objective: Objective = VOLUME,
    effort: Effort = BRISK,
    data: Mapping[str, str],
    provenance: Provenance,
    seed: int,
) -> Contingency:
    """Prepare for what may come other than planned.

    Args:
        plan: What is to be followed; its spend is the budget that states change.
        problem: Of the plan.
        planning: Scenarios, triggers, reserve and capacities.
        media_mix: What the plan rests on.
        outlook: Of the weeks of the plan.
        value: What a plan is worth in a state, such as `capacity_in_states`; unset for media alone.
        teams: Who handles what comes.
        objective: What plans are judged by.
        effort: How hard to look for each of some thirty plans.
        data: Fingerprint of each table that the plan rests on.
        provenance: Of the plan.
        seed: Of simulated quarters.
    """
    cells, limits, budget = problem.cells, problem.limits, float(plan.spend.sum())
    named = tuple(planning.capacity)
    states = build_states(
        planning.scenarios, budget=budget, weeks=len(cells.weeks), channels=cells.channels, teams=named
    )
    quarters = Quarters(
        outlook=outlook,
        response=problem.response,
        cells=cells,
        planned=plan.spend,
        watch=planning.triggers.watch,
        teams=teams,
    )
    worlds = Worlds(
        cells=cells,
        limits=limits,
        value=value or (lambda state: value_in_state(problem.response, cells, limits, state)),
        solve=partial(_plan, objective, effort),
        search=partial(_plan, objective, replace(effort, proves=False)),
    )
    return contingency(
        worlds,
        states,
        plan.spend,
        gap=plan.gap,
        paths=quarters,
        units=quarters.units(media_mix.currency),
        triggers=planning.triggers,
        reserve=planning.reserve,
        origin=Origin(
            model=model_hash(media_mix.posterior),
            limits=limits_hash(cells, limits, teams),
            data=data,
            settings={**provenance.parameters, "seed": seed, "objective": repr(objective), "commit": provenance.commit},
        ),
        margin=planning.margin,
        seed=seed,
    )


def _plan(
    objective: Objective, effort: Effort, value: MediaValue, limits: Limits, starts: Sequence[np.ndarray]
) -> Plan:
    return solve(value, limits, objective, starts=starts, effort=effort)
