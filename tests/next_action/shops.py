"""Whole plans in simulated worlds: campaigns drawn at random, an audience, a choice, and what the choice is worth in truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from threadpoolctl import threadpool_limits

from workbench.config.customers import Action
from workbench.next_action import Limits, Logged, decide
from workbench.next_action.audience import Audience
from workbench.next_action.bins import codes_of
from workbench.next_action.held_out import plan_total
from workbench.next_action.replay import Replay, replay
from workbench.next_action.totals import Total, total_of
from workbench.next_action.uplift import measure_uplift, trial_of
from workbench.next_action.worth import value_offers

COST = 1.0


@dataclass(frozen=True)
class Shop:
    """A plan beside its truth: what its contacts really bring after costs, and each action's mean effect on logged contacts."""

    truth: float
    naive: Total
    honest: Total
    tried: Replay
    uplift_truth: dict[str, float]
    uplifts: dict


def effects(kind: str, people: pd.DataFrame, actions: int) -> np.ndarray:
    """True effect of each action on each customer before its cost, shape (customer, action)."""
    recent, old = (people.days_since_last < 60).to_numpy(), (people.age == "old").to_numpy()
    young = (people.age == "young").to_numpy()
    kinds = {
        "all alike": lambda number: np.full(len(people), 1.5),
        "nothing works": lambda number: np.zeros(len(people)),
        "worth its cost": lambda number: np.full(len(people), COST),
        "weak": lambda number: 1 + (0.8 * young - 0.8 * old if number % 2 else 0.5 * recent - 0.25),
        "strong together": lambda number: (
            12.0 * (recent == young) - 5 if number % 2 else 10.0 * (recent & young) - 6 * (~recent & old)
        ),
        "strong": lambda number: 4.0 * young - 3 * old + 1 * ~(young | old) if number % 2 else 3.0 * recent - 1,
    }
    return np.column_stack([kinds[kind](number) for number in range(actions)])


def make_shop(
    seed: int, kind: str, *, actions: int = 2, logged: int = 3000, budget: float = np.inf, strata: bool = False
) -> Shop:
    rng = np.random.default_rng(seed)
    then, now = people(rng, logged), people(rng, 3000)
    names = [f"a{number}" for number in range(actions)]
    trial = trial_of(campaign(rng, then, effects(kind, then, actions), names, strata=strata), seed=seed)
    audience = Audience(
        ids=pa.chunked_array([pa.array([f"N{number}" for number in range(len(now))])]),
        codes=codes_of(now, trial.bins),
        holdout=np.zeros(len(now), dtype=bool),
        agreed={"marketing": np.ones(len(now), dtype=bool)},
        groups=pd.DataFrame(index=now.index),
    )
    limits = Limits(budget=budget * len(now), capacity=np.full(actions, np.inf))
    with threadpool_limits(1):
        uplifts = {name: measure_uplift(trial, name, ["test"]) for name in names}
        declared = {name: Action(cost=COST, campaigns=("test",)) for name in names}
        valued = value_offers(audience, declared, uplifts, {}, order_value=0.0)
        decision = decide(valued.offers, limits, seed=seed)
        naive = total_of(valued, decision.chosen)
        honest = plan_total(trial, valued, audience.codes, limits, naive, seed=seed) if naive.contacts else naive
    true = effects(kind, now, actions)
    logged_effect = effects(kind, then, actions).mean(axis=0)
    return Shop(
        truth=float((true * decision.chosen).sum() - COST * decision.chosen.sum()),
        naive=naive,
        honest=honest,
        tried=replay(trial, campaign_logged(names), valued, decision),
        uplift_truth=dict(zip(names, logged_effect, strict=True)),
        uplifts=uplifts,
    )


def people(rng: np.random.Generator, size: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "days_since_last": rng.exponential(100, size).round(),
            "orders_91": rng.poisson(1.2, size).astype(float),
            "revenue_364": rng.gamma(1.5, 80, size).round(2),
            "age": np.array(["young", "middle", "old"])[rng.integers(3, size=size)],
        }
    )


def campaign(
    rng: np.random.Generator, then: pd.DataFrame, effect: np.ndarray, names: list[str], *, strata: bool
) -> Logged:
    """Drawn at random; with `strata`, whoever ordered lately, and buys more anyway, is contacted more often."""
    size = len(then)
    lately = (then.days_since_last < 70).to_numpy()
    control = np.where(lately, 0.25, 0.7) if strata else np.full(size, 0.4)
    chance = np.column_stack([control, *[(1 - control) / len(names)] * len(names)])
    arm = (rng.random((size, 1)) > chance.cumsum(axis=1)[:, :-1]).sum(axis=1)
    rows = np.arange(size)
    base = 5 + 3 * (then.days_since_last < 70) + 2 * (then.age == "old")
    outcome = base + np.column_stack([np.zeros(size), effect])[rows, arm] + rng.gamma(0.5, 12, size) - 6
    frame = pd.DataFrame(
        {
            "campaign_id": "test",
            "customer_id": [f"C{number:06d}" for number in range(size)],
            "contacted_at": pd.Timestamp("2024-03-04"),
            "action": np.array(["none", *names], dtype=object)[arm],
            "probability": chance[rows, arm],
        }
    )
    found = campaign_logged(names)
    return Logged(rows=frame.join(then).assign(outcome=outcome), evidence=found.evidence, unknown=0, contacts=size)


def campaign_logged(names: list[str]) -> Logged:
    evidence = pd.DataFrame({"action": names, "campaign": "test", "drawn": True, "reason": "", "named": names})
    return Logged(rows=pd.DataFrame(), evidence=evidence, unknown=0, contacts=0)
