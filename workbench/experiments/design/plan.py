"""One entry to plan any test that is declared, or one on users that nobody declared yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis

from workbench.config import Experiment, GeoExperiment, UserExperiment
from workbench.errors import SpecError
from workbench.experiments.design.geo import Campaign, design_markets
from workbench.experiments.design.history import HistoryQuestion
from workbench.experiments.design.result import DesignResult
from workbench.experiments.design.sizing import Goal
from workbench.experiments.design.users import design_users, undeclared_test
from workbench.result import Provenance


@dataclass(frozen=True, kw_only=True)
class Plans:
    """What is asked of a coming test.

    Attributes:
        goal: What it is to find, in which time.
        question: Which history stands for it; its `weeks` are also the shortest test on markets.
        campaign: What is known of the channel that a test on markets changes.
        value: Profit per unit of revenue, where no test is declared.
        cost_per_unit: What treating one user costs, where no test is declared.
        replays: Number of tests without treatment to replay.
    """

    goal: Goal = field(default_factory=Goal)
    question: HistoryQuestion = field(default_factory=HistoryQuestion)
    campaign: Campaign = field(default_factory=Campaign)
    value: float = 1.0
    cost_per_unit: float = 0.0
    replays: int = 1000

    def __post_init__(self) -> None:
        for name, value, rule in (
            ("smallest_effect", self.goal.effect, 0 < self.goal.effect < 10),
            ("power", self.goal.power, 0.5 <= self.goal.power < 0.999),
            ("weeks", self.question.weeks, self.question.weeks >= 1),
            ("most_weeks", self.goal.most_weeks, self.goal.most_weeks > 0),
            ("expected_return", self.campaign.expected_return, self.campaign.expected_return > 0),
            ("replays", self.replays, self.replays >= 0),
        ):
            if not rule:
                raise SpecError(f"{name} is {value:g}; {RULES[name]}")
        if self.question.entry not in ("at_once", "with_next_order"):
            raise SpecError(f"entry is {self.question.entry!r}; write at_once or with_next_order")


RULES = {
    "smallest_effect": "it is a fraction above 0, such as 0.05 for 5%",
    "power": "it is a probability from 0.5 to below 0.999, usually 0.8",
    "weeks": "outcomes count for at least one week",
    "most_weeks": "a test takes some time",
    "expected_return": "a channel that brings nothing needs no test; name what one unit of spend is expected to bring",
    "replays": "it is a number of tests, 0 for none",
}


def design_experiment(
    tables: Mapping[str, ibis.Table],
    name: str,
    spec: Experiment | None,
    plans: Plans,
    *,
    provenance: Provenance,
    currency: str,
) -> DesignResult:
    """Plan one test.

    Args:
        tables: Its history: `units` or `geo` of the declared test where it ran before, else `transactions` and `customers`.
        name: The declared test that it is planned like; empty for one on what customers order.
        spec: As declared; None for none.
        plans: What is asked of it.
        provenance: Where the tables came from.
        currency: ISO 4217 code.

    Raises:
        SpecError: If a test of this kind can't be planned, or the history doesn't hold what it measures.
        DataError: If the history can't be measured truthfully.
        InfeasiblePlan: If no group of markets shows any effect that a channel could make.
    """
    if isinstance(spec, GeoExperiment):
        if "geo" not in tables:
            raise SpecError(
                f"a test on markets such as {name} is planned on their history, and geo holds none; map its rows"
            )
        return design_markets(
            tables["geo"].execute(),
            name,
            spec,
            plans.goal,
            plans.campaign,
            weeks=plans.question.weeks,
            provenance=provenance,
            currency=currency,
            seed=plans.question.seed,
        )
    declared = spec or undeclared_test(value=plans.value, cost_per_unit=plans.cost_per_unit, currency=currency)
    if not isinstance(declared, UserExperiment):
        raise SpecError(
            f"{name} is a test of creatives, which learns while it runs; plan a test on users or on markets"
        )
    return design_users(
        tables,
        name,
        declared,
        plans.goal,
        plans.question,
        provenance=provenance,
        currency=currency,
        replays=plans.replays,
    )
