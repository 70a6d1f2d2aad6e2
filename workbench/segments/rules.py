"""Named segments by rules: the first rule that a customer meets names the segment, with cut-offs that are frozen once made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd
from ibis import ir

NOBODY = "nobody yet"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A segment: the first rule that a customer meets names it.

    Attributes:
        words: The rule for a reader, with the names of `RuleBook.words` in braces.
        condition: The rule for the engine, over the table that `RuleBook.judge` makes.
    """

    name: str
    words: str
    action: str
    condition: Callable[[ir.Table], ir.BooleanValue]


@dataclass(frozen=True, kw_only=True)
class RuleBook[Cut]:
    """A way to name segments.

    Attributes:
        version: Changes whenever frozen cut-offs would mean something else.
        rules: In the order in which they are tried; the last one also names who meets none.
        make: Cut-offs from valued customers, the last day of their data, and whether the orders can tell who is still active.
        judge: Adds the columns that conditions read; they begin with `rule_`.
        words: What the rules' words name in braces, given cut-offs and the currency.
    """

    version: str
    rules: tuple[Rule, ...]
    make: Callable[[ibis.Table, date, bool], Cut]
    judge: Callable[[ibis.Table, Cut], ibis.Table]
    words: Callable[[Cut, str], dict[str, str]]

    @property
    def names(self) -> list[str]:
        return [rule.name for rule in self.rules]

    def assign(self, valued: ibis.Table, cutoffs: Cut) -> ibis.Table:
        """Name each customer's segment in the engine, as the column `segment`, beside the rule's `position_in_book`."""
        judged = self.judge(valued, cutoffs)
        last = len(self.rules) - 1
        first_met = [(rule.condition(judged), position) for position, rule in enumerate(self.rules)]
        met = judged.mutate(position_in_book=ibis.cases(*first_met, else_=last).cast("int8"))
        names = list(enumerate(self.names))
        named = met.mutate(segment=met.position_in_book.cases(*names, else_=self.names[last]))
        return named.drop(*(name for name in named.columns if name.startswith("rule_")))


def describe_segments[Cut](
    segmented: ibis.Table, book: RuleBook[Cut], cutoffs: Cut, currency: str, owners: Mapping[str, str]
) -> pd.DataFrame:
    """One row a segment, in the order of the rules, empty ones too.

    Args:
        segmented: Valued customers with `segment` and `holdout`.
        owners: Who acts on a segment, by segment.

    Returns:
        segment, rule, action, owner, customers, share_of_customers, holdout_customers, value, share_of_value, value_at_risk
        (currency: what they would be worth if all were active, less their value), past_revenue, expected_purchases,
        mean_probability_alive.
    """
    frame = _totals(segmented, book.names)
    words = book.words(cutoffs, currency)
    return pd.DataFrame(
        {
            "segment": pd.Series(book.names, dtype="str"),
            "rule": [rule.words.format(**words) for rule in book.rules],
            "action": [rule.action for rule in book.rules],
            "owner": [owners.get(name, NOBODY) for name in book.names],
            "customers": frame.customers.astype(int),
            "share_of_customers": frame.customers / frame.customers.sum(),
            "holdout_customers": frame.holdout_customers.astype(int),
            "value": frame.value,
            "share_of_value": frame.value / (frame.value.sum() or 1.0),
            **{name: frame[name] for name in ("value_at_risk", "past_revenue", "expected_purchases")},
            "mean_probability_alive": frame.mean_probability_alive,
        }
    )


def _totals(segmented: ibis.Table, names: list[str]) -> pd.DataFrame:
    totals = segmented.group_by("segment").aggregate(
        customers=segmented.count(),
        holdout_customers=segmented.count(where=segmented.holdout),
        value=segmented.expected_value.sum(),
        value_at_risk=(segmented.value_if_active - segmented.expected_value).sum(),
        past_revenue=segmented.revenue.sum(),
        expected_purchases=segmented.expected_purchases.sum(),
        mean_probability_alive=segmented.probability_alive.mean(),
    )
    frame = totals.to_pandas().set_index("segment").reindex(names)
    sums = frame.columns.drop("mean_probability_alive")
    return frame.astype(float).fillna(dict.fromkeys(sums, 0.0)).reset_index(drop=True)
