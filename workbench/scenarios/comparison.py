"""Two saved scenarios side by side: what each rests on, what it spends where, and what that is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.errors import SpecError
from workbench.scenarios.answer import interval_of
from workbench.scenarios.contingency.compare import CENT, plan_difference
from workbench.scenarios.contingency.states import ALL, EXPECTED, State, in_words
from workbench.scenarios.prepared import PreparedPlan
from workbench.scenarios.problem.cells import Labels
from workbench.wording import interval, money, number

FIRST, SECOND = "first", "second"
ABSENT = ""


@dataclass(frozen=True, kw_only=True)
class SavedScenario:
    """One world of a saved plan.

    Attributes:
        name: As a reader calls it, such as the run's id.
        plan: The plan.
        world: One of `plan.scenarios`.
    """

    name: str
    plan: PreparedPlan
    world: str = EXPECTED

    def __post_init__(self) -> None:
        known = self.plan.scenarios["scenario"].tolist()
        if self.world not in known:
            raise SpecError(f"{self.name} has no scenario {self.world}; it holds {', '.join(known)}")

    @property
    def spend(self) -> pd.DataFrame:
        """Rows of `plan.scenario_plans`."""
        return self.plan.scenario_plans[self.plan.scenario_plans["scenario"] == self.world]

    @property
    def revenue(self) -> np.ndarray:
        """What the plan causes, by draw, shape (D,)."""
        rows = self.plan.scenario_draws[self.plan.scenario_draws["scenario"] == self.world]
        return rows.sort_values("draw")["revenue"].to_numpy(dtype=float)

    @property
    def state(self) -> State:
        return next(state for state in self.plan.states if state.name == self.world)

    @property
    def after(self) -> np.ndarray:
        """Currency a week that is taken to go on being spent when the plan is over, shape (M, C)."""
        return np.asarray(self.plan.world["after"].to_numpy())

    def revenue_going_on(self, after: np.ndarray) -> np.ndarray:
        """What the plan would cause if so much went on being spent afterwards, by draw, shape (D,); of the expected world."""
        other = replace(self.plan, world=self.plan.world.assign(after=(("market", "channel"), after)))
        capacity = self.plan.capacity
        value = other.media if capacity is None else capacity.going_on(self.plan.media, other.media)
        return value.worth(self.plan.spend)

    def profit(self, revenue: np.ndarray) -> np.ndarray:
        """Currency after media, by draw, shape (D,)."""
        return self.plan.margin * revenue - float(self.spend["spend"].sum())

    @property
    def ground(self) -> dict[str, str]:
        """What it rests on, by name."""
        weeks, made = self.plan.plan_weekly["week"], self.plan.provenance
        row = self.plan.scenarios.set_index("scenario").loc[self.world]
        return {
            "scenario": f"{in_words(self.world)} ({row['hash']})",
            "world": _in_words(self.state, self.plan.called, self.plan.currency),
            "weeks": f"{weeks.min():%Y-%m-%d} to {weeks.max():%Y-%m-%d}",
            "model": self.plan.model_hash,
            "limits": self.plan.limits_hash,
            **{f"data: {name}": found for name, found in sorted(self.plan.data_hashes.items())},
            **{f"asked: {name}": str(value) for name, value in sorted(made.parameters.items())},
            "seed": str(made.seed),
            "code": made.commit[:10],
        }


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What differs between two scenarios.

    Attributes:
        first: Name of the one.
        second: Name of the other.
        currency: ISO 4217 code.
        ground: One row a thing that they rest on: `what`, `first`, `second`, `same`.
        money: One row a quantity, `spend`, `revenue` that media cause, and `profit` after media at the plans' margins: `quantity`, `first`,
            `second`, `change`, `change_lower`, `change_upper` (90% interval).
        by_channel: Spend: `channel`, `first`, `second`, `change`, `relative_change`.
        by_market: Likewise by `market`.
        findings: Sentences.
        labels: How reports call each channel.
        market_labels: The same of markets.
    """

    first: str
    second: str
    currency: str
    ground: pd.DataFrame
    money: pd.DataFrame
    by_channel: pd.DataFrame
    by_market: pd.DataFrame
    findings: tuple[str, ...]
    labels: dict[str, str]
    market_labels: dict[str, str]

    def market_label(self, market: str) -> str:
        """How reports call a market."""
        return self.market_labels.get(market) or market

    def label(self, channel: str) -> str:
        """How reports call a channel."""
        return self.labels.get(channel) or channel


def compare_scenarios(first: SavedScenario, second: SavedScenario) -> Comparison:
    """Hold the second scenario against the first.

    Under the same model, revenue is compared draw by draw, so that what both share cancels; under two models, as if one said
    nothing of the other.

    Raises:
        SpecError: If they are in two currencies.
    """
    currency = second.plan.currency
    if first.plan.currency != currency:
        raise SpecError(
            f"{first.name} is in {first.plan.currency} and {second.name} in {currency}; compare plans of one currency"
        )
    plans = pd.concat([first.spend.assign(scenario=FIRST), second.spend.assign(scenario=SECOND)])
    ground, judged = _ground(first.ground, second.ground), _on_one_ground(first, second)
    money_table = _money(first, second, judged.revenue)
    return Comparison(
        first=first.name,
        second=second.name,
        currency=currency,
        ground=ground,
        money=money_table,
        by_channel=plan_difference(plans, FIRST, SECOND, ("channel",)),
        by_market=plan_difference(plans, FIRST, SECOND, ("market",)),
        findings=(*_findings(first, second, ground, money_table, currency), *([judged.told] if judged.told else [])),
        labels=first.plan.labels | second.plan.labels,
        market_labels=first.plan.market_labels | second.plan.market_labels,
    )


def _ground(first: Mapping[str, str], second: Mapping[str, str]) -> pd.DataFrame:
    names = list(dict.fromkeys([*first, *second]))
    rows = [(name, first.get(name, ABSENT), second.get(name, ABSENT)) for name in names]
    frame = pd.DataFrame(rows, columns=["what", FIRST, SECOND], dtype="str")
    return frame.assign(same=frame[FIRST] == frame[SECOND])


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """What both bring, by draw, and on what ground that is told."""

    revenue: tuple[np.ndarray, np.ndarray]
    told: str = ""


def _on_one_ground(first: SavedScenario, second: SavedScenario) -> _Judged:
    """Value both with the same spending after the last week, where that can be done.

    Each was valued with its own: a plan that spends more afterwards finds fuller curves there, and would look worse for it.
    """
    as_saved = (first.revenue, second.revenue)
    cells = [scenario.plan.world["after"] for scenario in (first, second)]
    if cells[0].equals(cells[1]):
        return _Judged(revenue=as_saved)
    alike = all(first.plan.world[axis].equals(second.plan.world[axis]) for axis in ("plan_week", "market", "channel"))
    if not alike or first.plan.model_hash != second.plan.model_hash or {first.world, second.world} != {EXPECTED}:
        told = "Each is valued with its own spending after its last week, so part of the difference may lie there."
        return _Judged(revenue=as_saved, told=told)
    between = (first.after + second.after) / 2
    told = "Both are valued with the same spending after the last week, the mean of what each goes on with."
    return _Judged(revenue=(first.revenue_going_on(between), second.revenue_going_on(between)), told=told)


def _money(first: SavedScenario, second: SavedScenario, revenue: tuple[np.ndarray, np.ndarray]) -> pd.DataFrame:
    spent = [float(scenario.spend["spend"].sum()) for scenario in (first, second)]
    rows = [
        ("spend", *spent, spent[1] - spent[0], np.nan, np.nan),
        ("revenue", *_difference(*revenue)),
        ("profit", *_difference(first.profit(revenue[0]), second.profit(revenue[1]))),
    ]
    return pd.DataFrame(rows, columns=["quantity", FIRST, SECOND, "change", "change_lower", "change_upper"])


def _difference(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float, float, float]:
    paired = min(len(first), len(second))
    around = interval_of(second[:paired] - first[:paired])
    means = float(first.mean()), float(second.mean())
    # Less than a cent is arithmetic's, not the plans'.
    change, lower, upper = (round(each, CENT) + 0.0 for each in (means[1] - means[0], around.lower, around.upper))
    return (*means, change, lower, upper)


def _in_words(state: State, labels: Labels, currency: str) -> str:
    """What differs in a world from that of the plan."""
    factors = {
        "response": (state.response, labels.channel),
        "price": (state.price, labels.channel),
        "capacity": (state.capacity, labels.team),
    }
    changed = [
        f"{'all ' if name == ALL else ''}{what}{'' if name == ALL else f' of {called(name)}'} × {number(factor)}"
        for what, (of, called) in factors.items()
        for name, factor in of.items()
        if factor != 1.0
    ]
    baseline = [f"what comes without media × {number(state.baseline)}"] if state.baseline != 1.0 else []
    since = [f"from week {state.from_week + 1}"] if state.from_week else []
    return ", ".join([*changed, *baseline, f"budget {money(state.budget, currency)}", *since])


def _findings(
    first: SavedScenario, second: SavedScenario, ground: pd.DataFrame, table: pd.DataFrame, currency: str
) -> Iterator[str]:
    if ground["same"].all():
        yield "They are the same scenario."
        return
    rows = {row["quantity"]: row for row in table.to_dict("records")}
    spend, revenue = rows["spend"]["change"], rows["revenue"]
    spent = [scenario.spend["spend"].to_numpy().round(CENT) for scenario in (first, second)]
    same = np.array_equal(spent[0], spent[1]) and not round(revenue["change"], CENT)
    yield (
        "Both spend the same in every week, market and channel, and bring the same."
        if same
        else f"The second spends {money(abs(spend), currency)} {'more' if spend >= 0 else 'less'} than the first, and its media cause "
        f"{money(abs(revenue['change']), currency)} {'more' if revenue['change'] >= 0 else 'less'} revenue "
        f"(90% interval of the difference {interval(revenue['change_lower'], revenue['change_upper'], currency)})."
    )
    differing = [str(what) for what in ground.loc[~ground["same"], "what"] if what != "scenario"]
    yield f"They differ in {', '.join(differing)}." if differing else "They rest on the same model, data and limits."
    if first.plan.model_hash != second.plan.model_hash:
        yield "Their models differ, so part of the difference in revenue is what was learnt in between, not the plan."
