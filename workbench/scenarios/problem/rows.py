"""Limits as linear rows over the cells of a plan, and as switches between nothing and a least amount."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

import numpy as np
from scipy import sparse

type RuleKind = Literal["budget", "channel", "group", "period", "change", "goal"]

TOLERANCE = 1e-7


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Rows that a plan's cells keep: `lower <= rows @ spend.ravel() <= upper`.

    Attributes:
        name: Unique among the rules of a plan, such as `budget` or `group brand, at least 30%`; it stays when a label changes.
        reason: In words, where it comes from.
        kind: What it limits.
        rows: Shape (R, H·M·C), over the cells in the order of `spend.ravel()` of a (H, M, C) array.
        lower: Shape (R,), -inf where nothing bounds it.
        upper: Shape (R,), inf where nothing bounds it.
        size: Currency that makes a violation of the rule comparable with that of others, above 0.
        title: How reports call it; empty for its name.
    """

    name: str
    reason: str
    kind: RuleKind
    rows: sparse.csr_array
    lower: np.ndarray
    upper: np.ndarray
    size: float
    title: str = ""

    @property
    def called(self) -> str:
        return self.title or self.name

    def widened(self, share: float) -> Self:
        """The same with both sides a share of themselves further apart."""
        # The bound of a share is 0: a share s of the money stands in the row as -s.
        of_money = float(np.maximum(-self.rows.data, 0.0).max(initial=0.0)) * self.size
        down, up = (share * np.where(bound == 0, of_money, np.abs(bound)) for bound in (self.lower, self.upper))
        lower, upper = (np.where(np.isfinite(step), step, 0.0) for step in (down, up))
        return replace(self, lower=self.lower - lower, upper=self.upper + upper)


@dataclass(frozen=True, kw_only=True)
class Switch:
    """All or nothing: the cells get no money, or together at least `least` and at most `most`.

    Attributes:
        name: Unique among the switches of a plan.
        reason: In words, where it comes from.
        cells: Indices into `spend.ravel()`; their own lower limits are 0, and no cell belongs to two switches.
        least: Currency, above 0.
        most: Currency, finite.
        title: How reports call it; empty for its name.
    """

    name: str
    reason: str
    cells: np.ndarray
    least: float
    most: float
    title: str = ""

    @property
    def called(self) -> str:
        return self.title or self.name


@dataclass(frozen=True, kw_only=True)
class Limits:
    """All that a plan must keep.

    Attributes:
        lower: Least currency of each cell, shape (H, M, C), at least 0.
        upper: Most currency of each cell, shape (H, M, C), finite.
        rules: Over several cells at once; the budget is the one of kind `budget`.
        switches: All-or-nothing minima.
    """

    lower: np.ndarray
    upper: np.ndarray
    rules: tuple[Rule, ...] = ()
    switches: tuple[Switch, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        return self.lower.shape

    @property
    def size(self) -> int:
        return self.lower.size

    @property
    def budget(self) -> float:
        """Most currency of the whole plan; what all cells may take where no rule of kind `budget` says less."""
        most = [float(rule.upper.min()) for rule in self.rules if rule.kind == "budget"]
        return min([float(self.upper.sum()), *most])

    @cached_property
    def rows(self) -> sparse.csr_array:
        """The rows of all rules, shape (R, H·M·C)."""
        blocks = [rule.rows for rule in self.rules]
        return sparse.csr_array(sparse.vstack(blocks)) if blocks else sparse.csr_array((0, self.size))

    @cached_property
    def row_lower(self) -> np.ndarray:
        return np.concatenate([np.empty(0), *(rule.lower for rule in self.rules)])

    @cached_property
    def row_upper(self) -> np.ndarray:
        return np.concatenate([np.empty(0), *(rule.upper for rule in self.rules)])

    @cached_property
    def row_rule(self) -> tuple[str, ...]:
        """The name of each row's rule."""
        return tuple(rule.name for rule in self.rules for _ in rule.upper)

    def with_budget(self, budget: float) -> Self:
        """The same limits with another most for the whole plan (and no least)."""
        others = tuple(rule for rule in self.rules if rule.kind != "budget")
        return replace(self, rules=(budget_rule(self.size, budget), *others))

    def within(self, lower: np.ndarray, upper: np.ndarray) -> Self:
        """The same rules and switches with other limits of the cells."""
        return replace(self, lower=lower, upper=upper)

    def violation(self, spend: np.ndarray) -> float:
        """By how much currency (or units of a row) a plan breaks its worst limit; 0 if it keeps all."""
        rows = self.rows @ spend.ravel()
        broken = [self.lower - spend, spend - self.upper, self.row_lower - rows, rows - self.row_upper]
        return max(
            [0.0, *(float(part.max()) for part in broken if part.size), *(torn(s, spend) for s in self.switches)]
        )

    def keeps(self, spend: np.ndarray, tolerance: float = TOLERANCE) -> bool:
        """Whether a plan keeps all limits but for a share `tolerance` of the budget."""
        return self.violation(spend) <= tolerance * max(self.budget, 1e-300)


def budget_rule(cells: int, most: float, least: float = 0.0) -> Rule:
    """All cells together cost at most `most`."""
    return Rule(
        name="budget",
        reason="the budget",
        kind="budget",
        rows=sparse.csr_array(np.ones((1, cells))),
        lower=np.array([least]),
        upper=np.array([most]),
        size=max(most, 1e-300),
    )


def torn(switch: Switch, spend: np.ndarray) -> float:
    """Distance of a switch's spend from nothing and from its interval, whichever is nearer."""
    total = float(spend.ravel()[switch.cells].sum())
    return min(abs(total), max(switch.least - total, total - switch.most, 0.0))
