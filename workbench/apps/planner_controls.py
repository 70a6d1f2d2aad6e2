"""What a visitor of the planner may move."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from workbench.apps.controls import Picker, Slider, picker, slider
from workbench.scenarios.contingency.states import EXPECTED, in_words
from workbench.scenarios.otherwise import Otherwise, horizons, unasked
from workbench.scenarios.prepared import PreparedPlan
from workbench.scenarios.result import ScenarioResult
from workbench.wording import money, percent

AS_PLANNED = -1.0
UNBOUND = 2.0


@dataclass
class PlannerControls:
    """The planner's controls.

    Attributes:
        result: The saved plan.
        world: Which world is looked at: the expected one, or one that the plan was prepared for.
        budget: Share of current spend.
        risk: Position of the risk dial.
        horizon: Weeks.
        change: How far channels may move, or `AS_PLANNED`.
        channel: Whose bounds are set.
        least: Least spend of that channel, as a share of its current.
        most: Most, likewise; `UNBOUND` for no bound.
        room: Factor on what teams can take.
        bounds: Bounds set so far, by channel.
    """

    result: ScenarioResult
    world: Picker = field(init=False)
    budget: Slider = field(init=False)
    risk: Slider = field(init=False)
    horizon: Slider = field(init=False)
    change: Slider = field(init=False)
    channel: Picker = field(init=False)
    least: Slider = field(init=False)
    most: Slider = field(init=False)
    room: Slider = field(init=False)
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        result = self.result
        self.world = _world_picker(result)
        self.budget = _budget_slider(result)
        self.risk = slider(
            "Caution",
            _steps(np.linspace(0, 1, 21), result.risk),
            result.risk,
            _caution,
            hint="0% plans for the mean outcome, 100% for the worst tenth",
        )
        self.horizon = slider(
            "Horizon", list(horizons(result)), result.horizon_weeks, lambda weeks: f"{weeks:.0f} weeks"
        )
        self.change = _change_slider(result)
        named = {result.label(name): name for name in result.channels}
        self.channel = picker("Bounds of one channel", named, result.channels[0])
        shares = np.linspace(0, UNBOUND, 41)
        self.least = slider("At least", shares, 0.0, partial(_bound, result, self.channel))
        self.most = slider("At most", shares, UNBOUND, partial(_bound, result, self.channel))
        self.room = slider(
            "What teams can take", np.linspace(0.7, 2, 27), 1.0, lambda factor: f"{percent(factor, 0)} of today"
        )
        self.channel.observe(self._other_channel, names="value")
        self.least.observe(self._bounded, names="value")
        self.most.observe(self._bounded, names="value")
        self._refuse()

    @property
    def asked(self) -> Otherwise:
        """What is asked otherwise than in the saved plan."""
        change = self.change.value
        return Otherwise(
            horizon_weeks=round(self.horizon.value),
            max_change=None if change in (AS_PLANNED, self.result.planning.max_change) else change,
            bounds=dict(sorted(self.bounds.items())),
            room=self.room.value,
        )

    @property
    def answering(self) -> tuple[Slider | Picker, ...]:
        """All that another answer hangs on."""
        return (self.world, self.budget, self.risk, self.horizon, self.change, self.least, self.most, self.room)

    def only_world(self, prepared: bool) -> None:
        """A plan that was prepared for another world stands as it is: nothing but the world can be chosen."""
        unable = bool(unasked(self.result))
        for control in (self.budget, self.risk):
            control.disabled = prepared
        for control in (self.horizon, self.change, self.channel, self.least, self.most):
            control.disabled = prepared or unable
        self.room.disabled = prepared or unable or self.result.capacity is None

    def reset(self) -> None:
        """Back to the saved plan."""
        self.bounds.clear()
        result = self.result
        self.world.value = EXPECTED
        self.least.value, self.most.value = 0.0, UNBOUND
        self.horizon.value, self.room.value, self.risk.value = result.horizon_weeks, 1.0, result.risk
        self.change.value = _planned_change(result)
        self.budget.value = result.budget / float(result.reference.sum())

    def priced(self, current: float) -> None:
        """Say the budget's money for so much current spend."""
        self.budget.texts = [_budget(current, self.result.currency, share) for share in self.budget.values]

    def _other_channel(self, _change: object) -> None:
        least, most = self.bounds.get(self.channel.value, (0.0, UNBOUND))
        for bound, value in ((self.least, least), (self.most, most)):
            bound.texts = [_bound(self.result, self.channel, share) for share in bound.values]
            bound.value = value

    def _bounded(self, _change: object) -> None:
        if self.least.value > self.most.value:
            self.most.value = self.least.value
        own = (self.least.value, self.most.value)
        if own == (0.0, UNBOUND):
            self.bounds.pop(self.channel.value, None)
        else:
            self.bounds[self.channel.value] = own

    def _refuse(self) -> None:
        self.only_world(False)
        reason = unasked(self.result)
        self.horizon.hint = reason[:1].upper() + reason[1:]
        self.world.disabled = bool(reason) or len(self.world.options) == 1
        if self.result.capacity is None:
            self.room.hint = "No team has a capacity in this plan"


def _world_picker(result: ScenarioResult) -> Picker:
    names = [state.name for state in result.states] if isinstance(result, PreparedPlan) else [EXPECTED]
    named = {in_words(name).capitalize(): name for name in names}
    return picker("World", named, EXPECTED, hint="Plans are ready for the worlds that this plan was prepared for")


def _budget_slider(result: ScenarioResult) -> Slider:
    current = float(result.reference.sum())
    known = 100 * result.ahead.budgets / current
    least, most = int(np.ceil(known[0] - 1e-6)), int(np.floor(known[-1] + 1e-6))
    shares = np.arange(least, max(most, least) + 1) / 100
    planned = result.budget / current
    return slider("Budget", _steps(shares, planned), planned, partial(_budget, current, result.currency))


def _change_slider(result: ScenarioResult) -> Slider:
    planned = _planned_change(result)
    steps = np.linspace(0.05, 1, 20).round(2)
    return slider(
        "Each channel may move by", _steps(steps, planned), planned, _moves, hint="Against the reference period"
    )


def _steps(steps: np.ndarray, planned: float) -> np.ndarray:
    """Steps of a slider, of which one is exactly what was planned."""
    return np.sort(np.append(steps[~np.isclose(steps, planned, rtol=0, atol=1e-9)], planned))


def _planned_change(result: ScenarioResult) -> float:
    change = result.planning.max_change
    return change if isinstance(change, float) else AS_PLANNED


def _budget(current: float, currency: str, share: float) -> str:
    return f"{money(share * current, currency)}, {percent(share, 0)} of current"


def _caution(risk: float) -> str:
    return percent(risk, 0)


def _moves(change: float) -> str:
    return "as configured" if change == AS_PLANNED else f"at most {percent(change, 0)}"


def _bound(result: ScenarioResult, channel: Picker, share: float) -> str:
    if share in (0.0, UNBOUND):
        return "no bound"
    current = float(result.reference[:, :, result.channels.index(channel.value)].sum())
    return f"{percent(share, 0)} of current, {money(share * current, result.currency)}"
