"""Whether features and scores still have the distributions that they had when the cut-offs were frozen.

Shares of segments say nothing of it: cut-offs made anew hold them where they are however far customers move.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd

from workbench.customers.drift import FrozenBins, freeze_in_engine, psi, shares_in_engine
from workbench.result import Check
from workbench.segments.movement.chance import psi_by_chance
from workbench.wording import number

FEATURES = ("days_since_last", "purchases", "mean_order")
SCORES = ("probability_alive", "expected_purchases", "expected_value")
COLUMNS = ("name", "kind", "psi", "by_chance", "alarm")


def freeze(segmented: ibis.Table, sample: ibis.Table) -> dict[str, FrozenBins]:
    """Bins and shares of each feature and score of today's customers; a random sample of them says where bins begin."""
    return freeze_in_engine(_measured(segmented), [*FEATURES, *SCORES], sample=_measured(sample))


def drift(segmented: ibis.Table, frozen: Mapping[str, FrozenBins], alarm: float) -> pd.DataFrame:
    """One row a feature or score.

    Args:
        frozen: Of the day when the cut-offs were made.
        alarm: Stability index from which it has drifted.

    Returns:
        name, kind (feature, score), psi, by_chance (what two samples of one distribution may show), alarm: psi is at least both limits.
    """
    measured = _measured(segmented)
    count = int(measured.count().execute())
    shares = shares_in_engine(measured, {name: bins.edges for name, bins in frozen.items()})
    rows = [
        (
            name,
            "score" if name in SCORES else "feature",
            psi(np.array(bins.shares), shares[name]),
            psi_by_chance(bins, shares[name], count, columns=len(frozen)),
        )
        for name, bins in frozen.items()
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-1])).astype({"name": "str", "kind": "str"})
    return table.assign(alarm=table.psi >= np.maximum(table.by_chance, alarm))


def drift_checks(table: pd.DataFrame, alarm: float, frozen_on: str) -> tuple[Check, ...]:
    """One check of features and one of scores; none without an earlier run."""
    return tuple(_drift_check(part, str(kind), alarm, frozen_on) for kind, part in table.groupby("kind"))


def _drift_check(part: pd.DataFrame, kind: str, alarm: float, frozen_on: str) -> Check:
    indices = dict(zip(part["name"].str.replace("_", " "), part.psi.astype(float), strict=True))
    worst = max(indices, key=lambda name: indices[name])
    drifted = part["name"][part.alarm].str.replace("_", " ")
    named = ", ".join(f"{name} ({number(indices[name], 2)})" for name in drifted)
    if named:
        detail = (
            f"Since {frozen_on}, when cut-offs were frozen, customers have drifted in {named}: the stability index "
            f"alarms from {number(alarm)}. Find out why, then freeze anew with refreeze = true."
        )
    else:
        detail = (
            f"Customers are distributed as on {frozen_on}, when cut-offs were frozen: the largest stability index is "
            f"{number(indices[worst], 2)} ({worst}), below {number(alarm)}."
        )
    return Check(name=f"drift_of_{kind}s", passed=not named, value=indices[worst], threshold=alarm, detail=detail)


def _measured(segmented: ibis.Table) -> ibis.Table:
    return segmented.select(
        "days_since_last",
        "probability_alive",
        "expected_purchases",
        "expected_value",
        purchases=segmented.frequency + 1,
        mean_order=segmented.revenue / (segmented.frequency + 1),
    )
