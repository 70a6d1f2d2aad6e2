"""Whether any plan keeps all limits, and the least that limits must give way if none does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from workbench.errors import InfeasiblePlan, SpecError
from workbench.scenarios.problem.rows import Limits, Rule, Switch
from workbench.wording import money, percent

type Side = Literal["lower", "upper"]
NAMED = 4
NOTHING = 1e-7


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """By how much one limit gives way.

    Attributes:
        name: Of the rule or switch.
        reason: In words, where the limit comes from.
        side: Whether its lower limit falls or its upper one rises.
        amount: Currency, in each of the limit's rows.
        share: The same as a share of the limit's size.
    """

    name: str
    reason: str
    side: Side
    amount: float
    share: float

    def sentence(self, currency: str) -> str:
        by = f"{money(self.amount, currency)} ({percent(self.share)})"
        if self.name == "budget":
            return f"{by} {'more' if self.side == 'upper' else 'less'} budget"
        if self.name.startswith("share of"):
            return f"{self.name}, to be missed by {money(self.amount, currency)} [{self.reason}]"
        return f"{self.name} {by} {'higher' if self.side == 'upper' else 'lower'} [{self.reason}]"


@dataclass(frozen=True, kw_only=True)
class Relaxations:
    """What would make a request feasible.

    Attributes:
        alone: Limits that suffice alone when they give way by so much, the smallest share first.
        together: The smallest sum of shares where several give way at once; what to do if none suffices alone.
    """

    alone: tuple[Relaxation, ...]
    together: tuple[Relaxation, ...]


@dataclass(frozen=True)
class _Slack:
    """A limit that may give way: its rows of one side move by `size` for a slack of 1."""

    limit: Rule | Switch
    side: Side

    @property
    def size(self) -> float:
        return self.limit.least if isinstance(self.limit, Switch) else self.limit.size


def refuse_infeasible(limits: Limits, budget: float, currency: str, starts: Sequence[np.ndarray] = ()) -> None:
    """Check that some plan keeps all limits and the budget.

    Args:
        limits: All limits but the budget.
        budget: Currency over the horizon.
        currency: For messages.
        starts: Plans that may keep them as they are; one that does saves the search.

    Raises:
        SpecError: If the budget isn't a positive amount.
        InfeasiblePlan: If there is none; the message names the smallest relaxation of each limit that suffices alone.
    """
    if not np.isfinite(budget) or budget <= 0:
        raise SpecError(f"budget is {budget}; give a positive amount for the whole horizon")
    asked = limits.with_budget(budget)
    if any(asked.keeps(start) for start in starts):
        return
    needed = relaxations(asked)
    if needed is not None:
        raise InfeasiblePlan(refusal(needed, currency, f"a budget of {money(budget, currency)}"))


def refusal(needed: Relaxations, currency: str, asked: str) -> str:
    """The sentence that refuses a request."""
    if needed.alone:
        ways = " or ".join(relaxation.sentence(currency) for relaxation in needed.alone[:NAMED])
        return f"no plan keeps all limits with {asked}; it needs {ways}"
    ways = " and ".join(relaxation.sentence(currency) for relaxation in needed.together)
    return f"no plan keeps all limits with {asked}, and no single limit is to blame; it needs {ways}"


def relaxations(limits: Limits) -> Relaxations | None:
    """The smallest relaxations that leave a plan, None where there is one already."""
    slacks = _slacks(limits)
    moved = _least_slack(limits, slacks)
    if moved is None:
        raise InfeasiblePlan(
            "no plan keeps all limits, however far its rules give way; the limits of its cells are in the way"
        )
    if moved.max(initial=0.0) <= NOTHING:
        return None
    together = [_relaxation(slack, size) for slack, size in zip(slacks, moved, strict=True) if size > NOTHING]
    alone = [
        _relaxation(slack, float(size[0])) for slack in slacks if (size := _least_slack(limits, [slack])) is not None
    ]
    return Relaxations(
        alone=tuple(sorted(alone, key=lambda relaxation: relaxation.share)),
        together=tuple(sorted(together, key=lambda relaxation: -relaxation.share)),
    )


def relaxed(limits: Limits, relaxation: Relaxation) -> Limits:
    """The limits after one of them gave way."""
    down = relaxation.amount if relaxation.side == "lower" else 0.0
    up = relaxation.amount if relaxation.side == "upper" else 0.0
    rules = tuple(
        replace(rule, lower=rule.lower - down, upper=rule.upper + up) if rule.name == relaxation.name else rule
        for rule in limits.rules
    )
    switches = tuple(
        replace(switch, least=switch.least - down) if switch.name == relaxation.name else switch
        for switch in limits.switches
    )
    return replace(limits, rules=rules, switches=switches)


def _slacks(limits: Limits) -> list[_Slack]:
    falling = [_Slack(rule, "lower") for rule in limits.rules if np.isfinite(rule.lower).any()]
    rising = [_Slack(rule, "upper") for rule in limits.rules if np.isfinite(rule.upper).any()]
    return [*falling, *rising, *(_Slack(switch, "lower") for switch in limits.switches)]


def _relaxation(slack: _Slack, size: float) -> Relaxation:
    limit = slack.limit
    return Relaxation(name=limit.name, reason=limit.reason, side=slack.side, amount=size * slack.size, share=size)


def _least_slack(limits: Limits, slacks: Sequence[_Slack]) -> np.ndarray | None:
    """The smallest sum of slacks with which a plan exists, None if there is none; shape (S,).

    A linear programme over cells, switches (0 or 1) and slacks (each a share of its limit's size).
    """
    cells, switches, free = limits.size, len(limits.switches), len(slacks)
    constraints = [*_rule_rows(limits, slacks), *_switch_rows(limits, slacks)]
    solution = milp(
        c=np.concatenate([np.zeros(cells + switches), np.ones(free)]),
        integrality=np.concatenate([np.zeros(cells), np.ones(switches), np.zeros(free)]),
        bounds=Bounds(
            np.concatenate([limits.lower.ravel(), np.zeros(switches + free)]),
            np.concatenate([limits.upper.ravel(), np.ones(switches), np.full(free, np.inf)]),
        ),
        constraints=constraints,
    )
    return None if solution.x is None else np.maximum(solution.x[cells + switches :], 0.0)


def _rule_rows(limits: Limits, slacks: Sequence[_Slack]) -> list[LinearConstraint]:
    """Rows that the budget's size divides, so that amounts of money of any currency are about 1."""
    constraints = []
    for rule in limits.rules:
        moves = np.zeros((rule.rows.shape[0], len(slacks)))
        for number, slack in enumerate(slacks):
            if slack.limit is rule:
                finite = np.isfinite(rule.lower if slack.side == "lower" else rule.upper)
                moves[finite, number] = 1.0 if slack.side == "lower" else -1.0
        unswitched = sparse.csr_array((rule.rows.shape[0], len(limits.switches)))
        rows = sparse.hstack([rule.rows / rule.size, unswitched, sparse.csr_array(moves)])
        constraints.append(LinearConstraint(rows, rule.lower / rule.size, rule.upper / rule.size))
    return constraints


def _switch_rows(limits: Limits, slacks: Sequence[_Slack]) -> list[LinearConstraint]:
    """`least · on − slack <= spend <= most · on`."""
    constraints = []
    for number, switch in enumerate(limits.switches):
        width = limits.size + len(limits.switches) + len(slacks)
        row = np.zeros((2, width))
        row[:, switch.cells] = 1.0 / switch.least
        row[:, limits.size + number] = -switch.most / switch.least, -1.0
        for position, slack in enumerate(slacks):
            row[1, limits.size + len(limits.switches) + position] = float(slack.limit is switch)
        ends = np.array([-np.inf, 0.0]), np.array([0.0, np.inf])
        constraints.append(LinearConstraint(sparse.csr_array(row), *ends))
    return constraints
