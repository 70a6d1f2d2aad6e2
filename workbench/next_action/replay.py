"""The proposed rule, replayed on past campaigns whose actions were drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.next_action.campaigns import CONTROL, Logged
from workbench.next_action.decide import Decision
from workbench.next_action.off_policy import PolicyValue, Z, error_of_mean, evaluate_policy
from workbench.next_action.records import records
from workbench.next_action.uplift import Trial
from workbench.next_action.worth import Valued

REPLAY_COLUMNS = ("quantity", "estimate", "lower", "upper")


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What the rule would have brought, per customer of the campaigns, after costs; currency.

    Attributes:
        campaigns: That could be replayed.
        customers: Contacts in them.
        value: Estimates of the rule.
        table: `REPLAY_COLUMNS`: the rule's profit by each estimator, and its gain over contacting nobody, over what was done, and
            over giving everyone the one action that is best on average.
        refused: Why nothing can be told; empty where it can.
    """

    campaigns: tuple[str, ...]
    customers: int
    value: PolicyValue
    table: pd.DataFrame
    refused: str

    def gain(self, over: str) -> Any:
        """A row of `table`: `nobody`, `done` or `everyone`."""
        return next(records(self.table[self.table.quantity == f"gain over {over}"]))


def replay(trial: Trial | None, logged: Logged, valued: Valued, decision: Decision) -> Replay:
    """Take at every logged contact the action that the rule would take at today's prices, and ask what it brought.

    Effects are those learnt without the customer, and a campaign counts only if it drew every action that the rule takes.
    """
    taken = [name for name, used in zip(valued.offers.actions, decision.chosen.any(axis=0), strict=True) if used]
    measured = [name for name in taken if name in valued.uplifts]
    if trial is None or not measured:
        return _refuse("no action of the plan was measured in a randomised campaign")
    campaigns = sorted(set.intersection(*(set(logged.campaigns_of(name)) for name in measured)))
    if not campaigns:
        return _refuse(f"no randomised campaign drew all of {', '.join(measured)}")
    return _replayed(trial, valued, decision, measured, campaigns, trial.drew(campaigns))


def _replayed(
    trial: Trial, valued: Valued, decision: Decision, measured: Sequence[str], campaigns: list[str], here: np.ndarray
) -> Replay:
    arms = [CONTROL, *measured, "other"]
    costs = np.array([0.0, *(valued.offers.cost[valued.offers.actions.index(name)] for name in measured), 0.0])
    prices = decision.budget_price * costs
    prices[1:-1] += [decision.capacity_prices[valued.offers.actions.index(name)] for name in measured]
    effects = [valued.uplifts[name].effect(valued.uplifts[name].foretold[here]) for name in measured]
    rated = np.column_stack([np.zeros(here.sum()), *effects]) - (costs + prices)[:-1]
    chosen = rated.argmax(axis=1)
    first = valued.uplifts[measured[0]]
    model = [first.without[here], *(valued.uplifts[name].with_action[here] for name in measured)]
    expected = np.column_stack([*model, np.zeros(here.sum())]) - costs
    place = {name: number for number, name in enumerate(arms)}
    action = np.array([place.get(name, len(arms) - 1) for name in trial.action[here]])
    rows = pd.DataFrame(
        {
            "action": action,
            "probability": trial.probability[here],
            "outcome": trial.outcome[here] - costs[action],
            "unit": trial.unit[here],
        }
    )
    value = evaluate_policy(rows, _always(chosen, len(arms)), expected)
    if value.refused:
        return _refuse(value.refused, campaigns, len(rows))
    best = 1 + int(np.argmax([valued.uplifts[name].average - costs[1 + k] for k, name in enumerate(measured)]))
    nobody = evaluate_policy(rows, _always(np.zeros(len(rows), dtype=int), len(arms)), expected)
    everyone = evaluate_policy(rows, _always(np.full(len(rows), best), len(arms)), expected)
    return Replay(
        campaigns=tuple(campaigns),
        customers=len(rows),
        value=value,
        table=_table(value, nobody, everyone, rows),
        refused="",
    )


def _table(value: PolicyValue, nobody: PolicyValue, everyone: PolicyValue, rows: pd.DataFrame) -> pd.DataFrame:
    unit = rows.unit.to_numpy(dtype=int)
    assert value.scores is not None
    told = [
        ("rule, doubly robust", value.dr, value.dr_error),
        ("rule, self-normalised weights", value.snips, value.snips_error),
        ("rule, weights", value.ips, value.ips_error),
    ]
    others = {"nobody": nobody.scores, "done": rows.outcome.to_numpy(dtype=float), "everyone": everyone.scores}
    for name, scores in others.items():
        gain = np.full(len(rows), np.nan) if scores is None else value.scores - scores
        told.append((f"gain over {name}", float(gain.mean()), error_of_mean(gain, unit)))
    return pd.DataFrame(
        [(name, estimate, estimate - Z * error, estimate + Z * error) for name, estimate, error in told],
        columns=list(REPLAY_COLUMNS),
    )


def _always(chosen: np.ndarray, actions: int) -> np.ndarray:
    return (chosen[:, None] == np.arange(actions)).astype(float)


def _refuse(why: str, campaigns: Sequence[str] = (), customers: int = 0) -> Replay:
    empty = pd.DataFrame(columns=list(REPLAY_COLUMNS)).astype(dict.fromkeys(REPLAY_COLUMNS[1:], "float64"))
    return Replay(
        campaigns=tuple(campaigns),
        customers=customers,
        value=PolicyValue(refused=why),
        table=empty.astype({"quantity": "str"}),
        refused=why,
    )
