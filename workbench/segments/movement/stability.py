"""Whether features and scores still have the distributions that they had when the cut-offs were frozen.

Shares of segments say nothing of it: cut-offs made anew hold them where they are however far customers move.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd

from workbench.customers.drift import freeze_in_engine, psi, shares_in_engine
from workbench.result import Check
from workbench.segments.movement.ageing import AgedBins, SameAge, at_same_age, with_ages
from workbench.segments.movement.chance import psi_by_chance
from workbench.wording import number

FEATURES = ("days_since_last", "purchases", "mean_order")
SCORES = ("probability_alive", "expected_purchases", "expected_value")
COLUMNS = ("name", "kind", "psi", "psi_same_age", "by_chance", "alarm")


def freeze(segmented: ibis.Table, sample: ibis.Table) -> dict[str, AgedBins]:
    """Bins and shares of each feature and score of today's customers; a random sample of them says where bins begin, and who is how old."""
    names = [*FEATURES, *SCORES]
    return with_ages(freeze_in_engine(_measured(segmented), names, sample=_measured(sample)), _of_sample(sample))


def drift(segmented: ibis.Table, sample: ibis.Table, frozen: Mapping[str, AgedBins], alarm: float) -> pd.DataFrame:
    """One row a feature or score.

    Args:
        sample: Some of today's customers, drawn at random.
        frozen: Of the day when the cut-offs were made.
        alarm: Stability index from which it has drifted.

    Returns:
        name, kind (feature, score), psi (of all customers), psi_same_age (of those who are as old as some were then, against these; NaN
        where there are too few), by_chance (what two samples of one distribution may show), alarm: the index of the same age is at least
        both limits; where ages weren't kept, it is that of all customers.
    """
    measured, people = _measured(segmented), _of_sample(sample)
    count = int(measured.count().execute())
    shares = shares_in_engine(measured, {name: bins.edges for name, bins in frozen.items()})
    rows = []
    for name, bins in frozen.items():
        whole = psi(np.array(bins.shares), shares[name])
        alike = SameAge(psi=whole, by_chance=psi_by_chance(bins, shares[name], count, columns=len(frozen)))
        if bins.ages:
            alike = at_same_age(name, bins, people, columns=len(frozen))
        kind = "score" if name in SCORES else "feature"
        rows.append((name, kind, whole, alike.psi, alike.by_chance))
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-1])).astype({"name": "str", "kind": "str"})
    return table.assign(alarm=table.psi_same_age >= np.maximum(table.by_chance, alarm))


def drift_checks(table: pd.DataFrame, alarm: float, frozen_on: str) -> tuple[Check, ...]:
    """One check of features and one of scores; none without an earlier run."""
    return tuple(_drift_check(part, str(kind), alarm, frozen_on) for kind, part in table.groupby("kind"))


def _drift_check(part: pd.DataFrame, kind: str, alarm: float, frozen_on: str) -> Check:
    named = part.assign(name=part["name"].str.replace("_", " "))
    name = f"drift_of_{kind}s"
    if named.psi_same_age.isna().all():
        detail = (
            f"Hardly a customer of today is as old as one was on {frozen_on}, when cut-offs were frozen, so change can't be told from "
            "growing older: see whether the forecast held in the holdout, and freeze anew with refreeze = true."
        )
        return Check(name=name, passed=None, threshold=alarm, detail=detail)
    drifted, worst = named[named.alarm], named.iloc[int(np.nanargmax(named.psi_same_age))]
    if len(drifted):
        detail = (
            f"Since {frozen_on}, when cut-offs were frozen, customers have drifted in {_listed(drifted, 'psi_same_age')}, against "
            f"customers of the same age then: the stability index alarms from {number(alarm)}. Find out why, then freeze anew with "
            "refreeze = true."
        )
    else:
        detail = (
            f"Customers are distributed as those of the same age on {frozen_on}, when cut-offs were frozen: the largest stability index "
            f"is {number(worst.psi_same_age, 2)} ({worst['name']}), below {number(alarm)}.{_aged(named, alarm)}"
        )
    return Check(name=name, passed=not len(drifted), value=float(worst.psi_same_age), threshold=alarm, detail=detail)


def _aged(named: pd.DataFrame, alarm: float) -> str:
    """What changed by growing older alone."""
    moved = named[named.psi >= alarm]
    if moved.empty:
        return ""
    return f" All customers together moved in {_listed(moved, 'psi')} because they have become older or younger on average."


def _listed(rows: pd.DataFrame, index: str) -> str:
    return ", ".join(f"{name} ({number(value, 2)})" for name, value in zip(rows["name"], rows[index], strict=True))


def _of_sample(sample: ibis.Table) -> pd.DataFrame:
    return _measured(sample, "age_days").to_pandas()


def _measured(segmented: ibis.Table, *others: str) -> ibis.Table:
    return segmented.select(
        *others,
        "days_since_last",
        "probability_alive",
        "expected_purchases",
        "expected_value",
        purchases=segmented.frequency + 1,
        mean_order=segmented.revenue / (segmented.frequency + 1),
    )
