"""Whether the score selects, foresees and values groups of people alike, on cases that it had not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.config.customers import Governance, Score
from workbench.customers.fairness import FairnessAudit, audit
from workbench.propensity.metrics import Judged
from workbench.propensity.result import Card
from workbench.propensity.rows import TrainingRows

SCORE_BINS = 20
INTERVALS = ["estimate", "lower", "upper", "others", "gap", "gap_lower", "gap_upper"]
COLUMNS = ["attribute", "group", "customers", "measure", *INTERVALS, "alarm"]


def audit_score(
    judged: Judged, test: TrainingRows, card: Card, spec: Score, governance: Governance | None, seed: int
) -> tuple[FairnessAudit, ...]:
    """One audit for each declared attribute that the cases carry; the same share of them is selected as of the scored."""
    rules = governance or Governance()
    share = card.selected / card.scored if card.scored else 0.0
    selected = np.zeros(len(test), dtype=bool)
    selected[np.argsort(-judged.probability, kind="stable")[: round(share * len(test))]] = True
    return tuple(
        audit(
            _cells(test.groups[name], judged, selected, card.value),
            smallest_group=rules.smallest_group,
            largest_gap=rules.largest_gap,
            seed=seed,
            attribute=name,
        )
        for name in test.groups.columns
    )


def fairness_table(audits: tuple[FairnessAudit, ...]) -> pd.DataFrame:
    """All audits under each other."""
    tables = [each.table.assign(attribute=each.attribute)[COLUMNS] for each in audits]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def _cells(group: pd.Series, judged: Judged, selected: np.ndarray, value: float) -> pd.DataFrame:
    expected_value = judged.probability * value
    rows = pd.DataFrame(
        {
            "group": group.to_numpy(),
            "score_bin": np.floor(np.sqrt(judged.probability) * SCORE_BINS).astype(int),
            "customers": 1,
            "outcomes": judged.outcome.astype(int),
            "selected": selected.astype(int),
            "expected": judged.probability,
            "value": expected_value,
            "value_squares": expected_value**2,
        }
    )
    return rows.groupby(["group", "score_bin"], as_index=False, observed=True, dropna=False).sum()
