"""Whether groups of customers get actions alike."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.config.customers import Governance
from workbench.customers.fairness import FairnessAudit, audit
from workbench.next_action.audience import Audience
from workbench.next_action.worth import Valued

INTERVALS = ["estimate", "lower", "upper", "others", "gap", "gap_lower", "gap_upper"]
COLUMNS = ["attribute", "group", "customers", "measure", *INTERVALS, "alarm"]


def audit_contacts(
    audience: Audience, valued: Valued, chosen: np.ndarray, governance: Governance, seed: int
) -> tuple[FairnessAudit, ...]:
    """One audit for each declared attribute, of all for whom any action is open."""
    there = valued.offers.eligible.any(axis=1)
    got = chosen.any(axis=1)[there]
    measured = chosen & valued.causal
    value = np.where(measured, valued.offers.value - valued.offers.cost, 0.0).sum(axis=1)[there]
    return tuple(
        audit(
            _cells(audience.groups.loc[there, name], got, value),
            smallest_group=governance.smallest_group,
            largest_gap=governance.largest_gap,
            seed=seed,
            attribute=name,
        )
        for name in governance.fairness
    )


def fairness_table(audits: tuple[FairnessAudit, ...]) -> pd.DataFrame:
    """All audits under each other."""
    tables = [each.table.assign(attribute=each.attribute)[COLUMNS] for each in audits]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def _cells(group: pd.Series, got: np.ndarray, value: np.ndarray) -> pd.DataFrame:
    """Actions change outcomes, so none is expected of anyone beforehand: what is compared is who gets one."""
    rows = pd.DataFrame(
        {
            "group": group.astype("str").to_numpy(),
            "score_bin": 0,
            "customers": 1,
            "selected": got.astype(int),
            "value": value,
            "value_squares": value**2,
        }
    )
    counted = rows.groupby(["group", "score_bin"], as_index=False, observed=True, dropna=False).sum()
    return counted.assign(outcomes=np.nan, expected=0.0)
