"""Groups in words: a decision tree that tells them apart by at most three questions, and how often it is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from workbench.segments.clusters.features import FEATURES
from workbench.wording import count, money

DEPTH = 3
_LEAST_LEAF = 0.01


@dataclass(frozen=True, kw_only=True)
class Surrogate:
    """A tree in place of the groups.

    Attributes:
        fidelity: Share of customers, whom the tree had not seen, that it puts into their group.
        rules: One row a group: rule (in words), precision (share of those who meet it that are in the group), coverage (share of the
            group that meets it), both of unseen customers; an empty rule where the tree doesn't name the group.
    """

    fidelity: float
    rules: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class _Leaf:
    node: int
    group: int
    limits: dict[str, tuple[float, float]]


def explain(sample: pd.DataFrame, groups: np.ndarray, currency: str) -> Surrogate:
    """Learn the tree on every other customer and judge it on the rest.

    Args:
        sample: Customers in random order, with `FEATURES` in their own units.
        groups: Each customer's group, 0 to K − 1.
    """
    features = sample[list(FEATURES)].to_numpy(dtype=float)
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=_LEAST_LEAF, random_state=0)
    tree.fit(features[::2], groups[::2])
    unseen, truth = features[1::2], groups[1::2]
    leaf_of, leaves = tree.apply(unseen), list(_leaves(tree))
    rows = [_rule(group, leaves, leaf_of, truth, currency) for group in range(int(groups.max()) + 1)]
    fidelity = float((tree.predict(unseen) == truth).mean())
    return Surrogate(fidelity=fidelity, rules=pd.DataFrame(rows, columns=["rule", "precision", "coverage"]))


def _rule(
    group: int, leaves: list[_Leaf], leaf_of: np.ndarray, truth: np.ndarray, currency: str
) -> tuple[str, float, float]:
    """The largest of the leaves that name the group."""
    own = [(int(((leaf_of == leaf.node) & (truth == group)).sum()), leaf) for leaf in leaves if leaf.group == group]
    if not own:
        return "", float("nan"), 0.0
    hits, leaf = max(own, key=lambda each: each[0])
    met, size = int((leaf_of == leaf.node).sum()), int((truth == group).sum())
    return _in_words(leaf.limits, currency), hits / max(met, 1), hits / max(size, 1)


def _leaves(tree: DecisionTreeClassifier) -> Iterator[_Leaf]:
    grown = tree.tree_

    def walk(node: int, limits: dict[str, tuple[float, float]]) -> Iterator[_Leaf]:
        left, right = int(grown.children_left[node]), int(grown.children_right[node])
        if left == right:
            yield _Leaf(node=node, group=int(tree.classes_[int(np.argmax(grown.value[node]))]), limits=limits)
            return
        name, cut = FEATURES[int(grown.feature[node])], float(grown.threshold[node])
        low, high = limits.get(name, (-np.inf, np.inf))
        yield from walk(left, limits | {name: (low, min(high, cut))})
        yield from walk(right, limits | {name: (max(low, cut), high)})

    return walk(0, {})


def _in_words(limits: dict[str, tuple[float, float]], currency: str) -> str:
    """Limits as a rule; whole numbers are split between two of them.

    >>> _in_words({"purchases": (2.5, float("inf")), "days_since_last": (-float("inf"), 90.5)}, "EUR")
    'at least 3 purchases, last purchase at most 90 days ago'
    """
    parts = [_phrase(name, *limits[name], currency) for name in FEATURES if name in limits]
    return ", ".join(parts) if parts else "everybody"


def _phrase(name: str, low: float, high: float, currency: str) -> str:
    if name == "mean_order":
        least, most = (money(limit, currency) if np.isfinite(limit) else "" for limit in (low, high))
        return f"orders of {_range(least, most, 'more than')} on average"
    least, most = (
        count(np.floor(low) + 1) if np.isfinite(low) else "",
        count(np.floor(high)) if np.isfinite(high) else "",
    )
    span = _range(least, most, "at least")
    match name:
        case "purchases":
            return f"{span} purchases" if span not in ("at most 1", "1") else "1 purchase"
        case "days_since_last":
            return f"last purchase {span} days ago"
        case _:
            return f"customer for {span} days"


def _range(least: str, most: str, from_word: str) -> str:
    if least and most:
        return least if least == most else f"{least} to {most}"
    return f"{from_word} {least}" if least else f"at most {most}"
