"""Campaigns with known effects."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.next_action.campaigns import Logged

ARMS = ("none", "voucher", "card")
GROUPS = ("young", "middle", "old")
# Profit that each action adds, by group: vouchers put the old off, cards do the same for all.
EFFECT = {"none": (0.0, 0.0, 0.0), "voucher": (4.0, 1.0, -3.0), "card": (1.0, 1.0, 1.0)}


@dataclass(frozen=True, kw_only=True)
class World:
    logged: Logged
    effect: pd.DataFrame  # one column an action: the true effect on every logged customer
    base: np.ndarray  # expected outcome without an action


def make_world(seed: int, *, contacts: int = 6000, same_for_all: bool = False, shares=(0.5, 0.3, 0.2)) -> World:
    rng = np.random.default_rng(seed)
    group = rng.integers(3, size=contacts)
    recency = rng.exponential(100, contacts).round()
    base = 5 + 3 * (recency < 50) + group
    effect = pd.DataFrame({arm: np.array(EFFECT[arm])[group] for arm in ARMS})
    if same_for_all:
        effect = pd.DataFrame({"none": 0.0, "voucher": 1.0, "card": 1.0}, index=range(contacts))
    arm = rng.choice(3, contacts, p=shares)
    mean = base + effect.to_numpy()[np.arange(contacts), arm]
    rows = pd.DataFrame(
        {
            "campaign_id": "test",
            "customer_id": [f"C{number:06d}" for number in range(contacts)],
            "contacted_at": pd.Timestamp("2024-03-04"),
            "action": np.array(ARMS)[arm],
            "probability": np.array(shares)[arm],
            "days_since_last": recency,
            "age": np.array(GROUPS)[group],
            "outcome": mean + rng.gamma(0.5, 12, contacts) - 6,
        }
    )
    evidence = pd.DataFrame(
        {
            "action": ["voucher", "card"],
            "campaign": "test",
            "contacted": [int((arm == k).sum()) for k in (1, 2)],
            "control": int((arm == 0).sum()),
            "drawn": True,
            "reason": "",
            "named": ["voucher", "card"],
        }
    )
    return World(logged=Logged(rows=rows, evidence=evidence, unknown=0, contacts=contacts), effect=effect, base=base)
