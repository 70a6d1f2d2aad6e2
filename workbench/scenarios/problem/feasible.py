"""Whether any plan keeps all limits, and the least that limits must give way if none does."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from workbench.errors import InfeasiblePlan, SpecError
from workbench.scenarios.problem.rows import Limits, Rule, Switch
from workbench.scenarios.problem.sums import weighted_rows
from workbench.wording import money, percent

type Side = Literal["lower", "upper"]
NAMED = 4
NOTHING = 1e-7
TELLING = 10.0
SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """By how much one limit gives way.

    Attributes:
        name: Of the rule or switch.
        title: How reports call it.
        reason: In words, where the limit comes from.
        side: Whether its lower limit falls or its upper one rises.
        amount: Currency, in each of the limit's rows.
        share: The same as a share of the limit's size.
    """

    name: str
    title: str
    reason: str
    side: Side
    amount: float
    share: float

    def sentence(self, currency: str) -> str:
        # Beyond ten times, a share says nothing any more.
        share = f" ({percent(self.share)})" if self.share <= TELLING else ""
        by = f"{money(self.amount, currency)}{share}"
        if self.name == "budget":
            return f"{by} {'more' if self.side == 'upper' else 'less'} budget"
        if self.name.startswith("share of"):
            return f"{self.title}, to be missed by {money(self.amount, currency)} [{self.reason}]"
        return f"{self.title} {by} {'higher' if self.side == 'upper' else 'lower'} [{self.reason}]"


@dataclass(frozen=True, kw_only=True)
class Relaxations:
    """What would make a request feasible.

    Attributes:
        alone: Limits that suffice alone when they give way by so much, the smallest share first.
        together: The smallest sum of shares where several give way at once; what to do if none suffices alone.
        complete: Whether there was time to try every limit alone.
    """

    alone: tuple[Relaxation, ...]
    together: tuple[Relaxation, ...]
    complete: bool


@dataclass(frozen=True, eq=False)
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
        committed = float(limits.lower.sum())
        beyond = f", while {money(committed, currency)} is committed" if committed > budget else ""
        raise InfeasiblePlan(refusal(needed, currency, f"a budget of {money(budget, currency)}{beyond}"))


def refusal(needed: Relaxations, currency: str, asked: str) -> str:
    """The sentence that refuses a request."""
    if needed.alone:
        ways = " or ".join(relaxation.sentence(currency) for relaxation in needed.alone[:NAMED])
        return f"no plan keeps all limits with {asked}; it needs {ways}"
    ways = " and ".join(relaxation.sentence(currency) for relaxation in needed.together)
    alone = ", and no single limit is to blame" if needed.complete else ""
    return f"no plan keeps all limits with {asked}{alone}; it needs {ways}"


def relaxations(limits: Limits) -> Relaxations | None:
    """The smallest relaxations that leave a plan, None where there is one already."""
    slacks = _slacks(limits)
    first = _least_slack(limits, slacks, slacks)
    if first is None:
        raise InfeasiblePlan(
            "no plan keeps all limits, however far its rules give way; the limits of its cells are in the way"
        )
    if first.moved.max(initial=0.0) <= NOTHING:
        return None
    together = [_relaxation(slack, size) for slack, size in zip(slacks, first.moved, strict=True) if size > NOTHING]
    # A limit whose multiplier is 0 has no part in the contradiction, which stays when it gives way.
    to_blame = [slack for slack, counts in zip(slacks, first.counts, strict=True) if counts]
    alone, complete = _alone(limits, slacks, sorted(to_blame, key=lambda slack: slack.limit.name != "budget"))
    return Relaxations(
        alone=tuple(sorted(alone, key=lambda relaxation: relaxation.share)),
        together=tuple(sorted(together, key=lambda relaxation: -relaxation.share)),
        complete=complete,
    )


def _alone(limits: Limits, slacks: Sequence[_Slack], to_blame: Sequence[_Slack]) -> tuple[list[Relaxation], bool]:
    """What each limit would have to give alone, the budget first, and whether there was time to try all."""
    found: list[Relaxation] = []
    deadline = time.monotonic() + SECONDS
    for slack in to_blame:
        left = deadline - time.monotonic()
        if left <= 0:
            return found, False
        if (given := _least_slack(limits, slacks, [slack], seconds=left)) is not None:
            found.append(_relaxation(slack, float(given.moved[0])))
    return found, time.monotonic() < deadline


def _slacks(limits: Limits) -> list[_Slack]:
    falling = [_Slack(rule, "lower") for rule in limits.rules if np.isfinite(rule.lower).any()]
    rising = [_Slack(rule, "upper") for rule in limits.rules if np.isfinite(rule.upper).any()]
    return [*falling, *rising, *(_Slack(switch, "lower") for switch in limits.switches)]


def _relaxation(slack: _Slack, size: float) -> Relaxation:
    limit = slack.limit
    return Relaxation(
        name=limit.name,
        title=limit.called,
        reason=limit.reason,
        side=slack.side,
        amount=size * slack.size,
        share=size,
    )


@dataclass(frozen=True)
class _Given:
    """By how much limits gave way, shape (S,), and which of all limits have a part in that."""

    moved: np.ndarray
    counts: np.ndarray


def _least_slack(
    limits: Limits, slacks: Sequence[_Slack], free: Sequence[_Slack], *, seconds: float = math.inf
) -> _Given | None:
    """The smallest sum of slacks with which a plan exists, None if there is none or it wasn't found in time.

    A linear programme over cells, switches (0 or 1) and slacks, each a share of its limit's size.

    Args:
        limits: All limits.
        slacks: All their sides.
        free: Those that may give way.
    """
    cells, switches = limits.size, len(limits.switches)
    rows, most, owner = _one_sided(limits, slacks, free)
    cost = np.concatenate([np.zeros(cells + switches), np.ones(len(free))])
    lower = np.concatenate([limits.lower.ravel(), np.zeros(switches + len(free))])
    upper = np.concatenate([limits.upper.ravel(), np.ones(switches), np.full(len(free), np.inf)])
    limit = {} if math.isinf(seconds) else {"time_limit": seconds}
    if not switches:
        found = linprog(
            cost, A_ub=rows, b_ub=most, bounds=np.column_stack([lower, upper]), method="highs", options=limit
        )
        if found.x is None or found.status != 0:
            return None
        blamed = owner[np.abs(found.ineqlin.marginals) > NOTHING]
        return _Given(np.maximum(found.x[cells:], 0.0), np.isin(np.arange(len(slacks)), blamed))
    whole = np.concatenate([np.zeros(cells), np.ones(switches), np.zeros(len(free))])
    mixed = milp(
        cost,
        constraints=LinearConstraint(rows, -np.inf, most),
        integrality=whole,
        bounds=Bounds(lower, upper),
        options=limit,
    )
    if mixed.x is None or mixed.status != 0:
        return None
    return _Given(np.maximum(mixed.x[cells + switches :], 0.0), np.ones(len(slacks), dtype=bool))


def _one_sided(
    limits: Limits, slacks: Sequence[_Slack], free: Sequence[_Slack]
) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Rows that stay at or below their limit, divided by its size; whose side of a limit each is, -1 for none."""
    blocks, most, owner = [], [], []
    for number, slack in enumerate(slacks):
        cells, on, limit = _side(limits, slack)
        gives = np.array([[-1.0 if slack is other else 0.0 for other in free]]).reshape(1, len(free))
        blocks.append(sparse.hstack([cells, on, sparse.csr_array(np.repeat(gives, len(limit), axis=0))]))
        most.append(limit)
        owner.append(np.full(len(limit), number))
    for number, switch in enumerate(limits.switches):
        on = sparse.csr_array(([-switch.most / switch.least], ([0], [number])), shape=(1, len(limits.switches)))
        blocks.append(sparse.hstack([_total(limits, switch), on, sparse.csr_array((1, len(free)))]))
        most.append(np.zeros(1))
        owner.append(np.array([-1]))
    width = limits.size + len(limits.switches) + len(free)
    rows = sparse.csr_array(sparse.vstack(blocks)) if blocks else sparse.csr_array((0, width))
    return rows, np.concatenate([np.empty(0), *most]), np.concatenate([np.empty(0, dtype=int), *owner])


def _side(limits: Limits, slack: _Slack) -> tuple[sparse.csr_array, sparse.csr_array, np.ndarray]:
    """Rows of one side over cells and switches, and what they stay below."""
    limit = slack.limit
    if isinstance(limit, Switch):
        number = next(index for index, switch in enumerate(limits.switches) if switch is limit)
        on = sparse.csr_array(([1.0], ([0], [number])), shape=(1, len(limits.switches)))
        return -_total(limits, limit), on, np.zeros(1)
    sign, ends = (-1.0, limit.lower) if slack.side == "lower" else (1.0, limit.upper)
    kept = np.flatnonzero(np.isfinite(ends))
    rows = sparse.csr_array(limit.rows[kept]) * (sign / limit.size)
    return rows, sparse.csr_array((len(kept), len(limits.switches))), sign * ends[kept] / limit.size


def _total(limits: Limits, switch: Switch) -> sparse.csr_array:
    return weighted_rows(limits.size, [(switch.cells, np.full(len(switch.cells), 1 / switch.least))])
