"""Explore how customers group by themselves, and say so where they don't."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from workbench.config.customers import Segmentation
from workbench.segments.clusters.candidates import FITTERS
from workbench.segments.clusters.features import FEATURES, Standardised, read_features, standardise
from workbench.segments.clusters.matching import match_labels
from workbench.segments.clusters.stability import COLUMNS, STABLE, judge_candidates
from workbench.segments.clusters.surrogate import explain
from workbench.wording import count, number, percent

LEAST_CUSTOMERS = 200
TABLE = ("cluster", "share_of_customers", "share_of_value", *FEATURES, "rule", "precision", "coverage")


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """Groups of the sampled customers.

    Attributes:
        table: One row a group, the most valuable per customer first: cluster (a letter, kept from run to run), share_of_customers,
            share_of_value, geometric means of purchases, days_since_last, mean_order (currency) and days_as_customer, the rule of a
            short decision tree, its precision and coverage. Empty where no number of groups is stable.
        stability: See `stability.judge_candidates`.
        note: What a reader is told: how the groups were found, or why there are none.
    """

    table: pd.DataFrame
    stability: pd.DataFrame
    note: str


def explore_clusters(
    drawn: ibis.Table, config: Segmentation, currency: str, *, before: pd.DataFrame | None, seed: int
) -> Clusters:
    """Group a sample of customers by how often, how recently, how much and for how long they buy.

    Args:
        before: Table of the last run, whose labels are kept.
    """
    if not config.explore:
        return _unexplored("Clusters were not explored: segmentation.explore is false.")
    sample = read_features(drawn)
    if len(sample) < LEAST_CUSTOMERS:
        return _unexplored(f"Clusters need at least {LEAST_CUSTOMERS} customers, and there are {count(len(sample))}.")
    scaled = standardise(sample)
    fewest, most = config.clusters
    judged = judge_candidates(scaled.points, range(fewest, most + 1), seed=seed)
    if not judged.chosen.any():
        return Clusters(table=pd.DataFrame(columns=list(TABLE)), stability=judged, note=_none_stable(judged, config))
    chosen = judged[judged.chosen].iloc[0]
    with threadpool_limits(1):
        groups = FITTERS[str(chosen.method)](scaled.points, int(chosen.k), seed).predict(scaled.points)
    table, fidelity = _describe(sample, scaled, groups, currency, before)
    note = (
        f"{chosen.k} groups by {chosen.method} come out again when customers are drawn anew (adjusted Rand index "
        f"{number(chosen.stability, 2)}; without groups it would be {number(chosen.by_chance, 2)}). The rules in words put "
        f"{percent(fidelity, 0)} of customers into their group. Sample of {count(len(sample))} customers; to explore, not to act on."
    )
    return Clusters(table=table, stability=judged, note=note)


def _unexplored(why: str) -> Clusters:
    return Clusters(table=pd.DataFrame(columns=list(TABLE)), stability=pd.DataFrame(columns=list(COLUMNS)), note=why)


def _none_stable(judged: pd.DataFrame, config: Segmentation) -> str:
    best = judged.iloc[int(judged.stability.argmax())]
    fewest, most = config.clusters
    chance = "" if np.isnan(best.by_chance) else f", and {number(best.by_chance, 2)} for customers without groups"
    return (
        f"Customers form no groups by themselves: no number from {fewest} to {most} comes out again when customers are drawn anew. The "
        f"best, {best.k} by {best.method}, reaches an adjusted Rand index of {number(best.stability, 2)}{chance}, where {STABLE} is needed "
        "and clearly more than without groups. Use the rules."
    )


def _describe(
    sample: pd.DataFrame, scaled: Standardised, groups: np.ndarray, currency: str, before: pd.DataFrame | None
) -> tuple[pd.DataFrame, float]:
    found, groups = np.unique(groups, return_inverse=True)
    named = explain(sample, groups, currency)
    logs = pd.DataFrame(np.log1p(sample[list(FEATURES)].to_numpy(dtype=float)), columns=list(FEATURES))
    means = logs.groupby(groups).mean()
    centres = pd.DataFrame(np.expm1(means.to_numpy()), columns=means.columns)
    value = sample.expected_value.groupby(groups).sum()
    size = np.bincount(groups, minlength=len(found))
    table = pd.DataFrame(
        {
            "cluster": _labels(scaled, centres, value.to_numpy() / size, before),
            "share_of_customers": size / size.sum(),
            "share_of_value": (value / (value.sum() or 1.0)).to_numpy(),
            **{name: centres[name].to_numpy() for name in FEATURES},
            **{name: named.rules[name].to_numpy() for name in ("rule", "precision", "coverage")},
        }
    )
    order = (table.share_of_value / table.share_of_customers).sort_values(ascending=False).index
    return table.loc[order].reset_index(drop=True).astype({"cluster": "str", "rule": "str"}), named.fidelity


def _labels(scaled: Standardised, centres: pd.DataFrame, worth: np.ndarray, before: pd.DataFrame | None) -> list[str]:
    """New groups are named from A on, the most valuable per customer first."""
    order = np.argsort(-worth)
    known = before is not None and len(before) > 0
    then = scaled.of(before) if before is not None and known else np.empty((0, len(scaled.names)))
    labels = [] if before is None else list(before.cluster)
    matched = match_labels(scaled.of(centres.iloc[order]), then, labels)
    return [matched[int(np.flatnonzero(order == at)[0])] for at in range(len(order))]
