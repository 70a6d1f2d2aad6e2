"""States of the world that differ from the planned one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from workbench.config.contingency import Scenario
from workbench.errors import SpecError

type Kind = Literal["expected", "under", "over", "opportunity"]
EXPECTED = "expected"
FALLEN = "a_fifth_below_plan"
ALL = "*"


@dataclass(frozen=True, kw_only=True)
class State:
    """A world for which a plan is made; factors that aren't named are 1.

    Attributes:
        name: As reports call it.
        kind: Whether results or money fall short of the plan, exceed it, or a chance wants money.
        probability: Chance that it comes in the horizon.
        response: Factor on what media cause, by channel.
        baseline: Factor on what comes without media.
        price: Factor on the price of media, by channel.
        capacity: Factor on what a team can take, by team.
        budget: Currency over the horizon.
        from_week: Index of the first week that differs; spend of earlier weeks stays as planned.
    """

    name: str
    kind: Kind
    probability: float
    budget: float
    response: dict[str, float] = field(default_factory=dict)
    baseline: float = 1.0
    price: dict[str, float] = field(default_factory=dict)
    capacity: dict[str, float] = field(default_factory=dict)
    from_week: int = 0

    def response_by_channel(self, channels: Sequence[str]) -> np.ndarray:
        """Factor on what media cause once the state has begun, shape (C,)."""
        return np.array([self.response.get(channel, self.response.get(ALL, 1.0)) for channel in channels])

    def response_of(self, channels: Sequence[str], weeks: int) -> np.ndarray:
        """Factor on what media cause in a week, shape (weeks, C); weeks may go on after the horizon."""
        return self._from_week(self.response_by_channel(channels), weeks)

    def price_of(self, channels: Sequence[str], weeks: int) -> np.ndarray:
        """Factor on the price of media in a week, shape (weeks, C)."""
        return self._from_week(np.array([self.price.get(channel, 1.0) for channel in channels]), weeks)

    def baseline_of(self, weeks: int) -> np.ndarray:
        """Factor on what comes without media, shape (weeks,)."""
        return np.where(np.arange(weeks) >= self.from_week, self.baseline, 1.0)

    def _from_week(self, factors: np.ndarray, weeks: int) -> np.ndarray:
        return np.where(np.arange(weeks)[:, None] >= self.from_week, factors, 1.0)


def expected_state(budget: float, probability: float = 1.0) -> State:
    return State(name=EXPECTED, kind="expected", probability=probability, budget=budget)


def fallen(expected: State) -> State:
    """A yardstick for triggers: all results a fifth below plan, from the first week on."""
    return replace(expected, name=FALLEN, kind="under", probability=0.0, response={ALL: 0.8}, baseline=0.8)


def in_words(name: object) -> str:
    """A scenario as sentences call it."""
    return "a fall of all results by a fifth" if name == FALLEN else str(name).replace("_", " ")


def build_states(
    scenarios: Mapping[str, Scenario],
    *,
    budget: float,
    weeks: int,
    channels: Sequence[str],
    teams: Sequence[str] = (),
) -> tuple[State, ...]:
    """The expected world first, then those of the configuration.

    Args:
        scenarios: By name.
        budget: Currency over the horizon.
        weeks: Of the horizon; a scenario that begins later is left out.
        channels: Those of the plan.
        teams: Those with a capacity.

    Raises:
        SpecError: If a scenario names a channel or team that the plan doesn't know, takes the whole budget away, or all
            of them together are more than certain.
    """
    changed = [_state(name, scenario, budget) for name, scenario in scenarios.items() if scenario.from_week <= weeks]
    for state in changed:
        _refuse_unknown(state, channels, teams)
        if state.budget <= 0:
            raise SpecError(
                f"planning.scenarios.{state.name} leaves a budget of {state.budget:g}; take less than {budget:g} away"
            )
    together = sum(state.probability for state in changed)
    if together > 1 + 1e-9:
        raise SpecError(
            f"the probabilities of planning.scenarios sum to {together:.2f}; at most one of them comes true, lower them to 1 or less"
        )
    return (expected_state(budget, max(0.0, 1.0 - together)), *changed)


def _state(name: str, scenario: Scenario, budget: float) -> State:
    if name == EXPECTED:
        raise SpecError(f"planning.scenarios.{EXPECTED} has the name of the plan itself; give it another one")
    response = scenario.response
    return State(
        name=name,
        kind=scenario.kind,
        probability=scenario.probability,
        budget=budget * (1 + scenario.budget_share) + scenario.budget,
        response=response if isinstance(response, dict) else {ALL: response},
        baseline=scenario.baseline,
        price=scenario.price,
        capacity=scenario.capacity,
        from_week=scenario.from_week - 1,
    )


def _refuse_unknown(state: State, channels: Sequence[str], teams: Sequence[str]) -> None:
    named = (
        ("response", state.response, (*channels, ALL), "channels of the plan"),
        ("price", state.price, channels, "channels of the plan"),
        ("capacity", state.capacity, teams, "teams with a capacity"),
    )
    for key, factors, known, what in named:
        unknown = sorted(set(factors) - set(known))
        if unknown:
            there = ", ".join(name for name in known if name != ALL) or "none"
            raise SpecError(
                f"planning.scenarios.{state.name}.{key} names {unknown[0]}, which is none of the {what}: {there}"
            )
