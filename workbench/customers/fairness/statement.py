"""What a fairness audit may say: differences between groups, how sure they are, and nothing of their causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.customers.feature_words import phrase
from workbench.result import Check
from workbench.wording import count, number, percent

MOST_NAMED = 5
# What is compared, and what too little of leaves it open.
_COMPARED = {"selection": ("selected", "of them"), "calibration": ("foreseen", "outcomes")}
_NOT_CAUSE = (
    "The audit shows that groups differ, not why: they may differ in what they bought or in how they came, and the "
    "attribute itself may play no part."
)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What an audit compares, and by which rules.

    Attributes:
        attribute: Column whose values are the groups.
        smallest_group: Size that a group needs before anything is said about it.
        largest_gap: Largest gap that passes, as a share of the others.
        most_groups: Most groups that are compared.
    """

    attribute: str
    smallest_group: int
    largest_gap: float
    most_groups: int

    @property
    def spoken(self) -> str:
        """The attribute as sentences call it."""
        return phrase(self.attribute)


def statements_of(table: pd.DataFrame, rules: Rules) -> tuple[str, ...]:
    """One sentence for each alarm, what remains open, and who was not judged."""
    alarms = [_alarm(row, rules) for _, row in _alarms(table).iterrows()]
    told = [*alarms, _NOT_CAUSE] if alarms else [_no_alarm(table, rules)]
    return (*told, *_open(table, rules), *_small(table, rules))


def check_of(table: pd.DataFrame, rules: Rules) -> Check:
    """Fails where a gap is larger than allowed and more than chance."""
    alarms, judged = _alarms(table), table[table.judged & table.p_value.notna()]
    detail = _no_alarm(table, rules)
    if len(alarms):
        detail = (
            f"{_alarm(alarms.iloc[0], rules)} Find out what makes the difference before acting, or leave out what it "
            "was learnt from."
        )
    return Check(
        name=f"fairness_{rules.attribute}",
        passed=None if judged.empty else not len(alarms),
        value=float((alarms if len(alarms) else judged).gap.abs().max()),
        threshold=rules.largest_gap,
        detail=detail,
    )


def _alarms(table: pd.DataFrame) -> pd.DataFrame:
    """The largest ratio first; what holds of one of two groups holds of the other the other way round, and is told once."""
    found = table[table.alarm]
    ratio = np.maximum(1 + found.gap.to_numpy(), np.finfo(float).tiny)
    alarms = found.iloc[np.argsort(-np.abs(np.log(ratio)), kind="stable")]
    two = table.group[table.judged].nunique() == 2
    return alarms.drop_duplicates("measure") if two else alarms


def _alarm(row: pd.Series, rules: Rules) -> str:
    who = f"{rules.spoken} {row.group} ({count(row.customers)})"
    if row.measure == "selection":
        return f"Of {who}, {percent(row.estimate)} are selected, of all others {percent(row.others)}: {_often(row)}."
    own, others = percent(row.estimate, 0), percent(row.others, 0)
    return (
        f"Of the outcomes that were expected of {who}, {own} came, of all others' {others}: beside theirs, the group's scores are "
        f"too {'low' if row.gap > 0 else 'high'}, since its outcomes come {_often(row)}."
    )


def _often(row: pd.Series) -> str:
    if row.gap > 1:
        times = [number(1 + gap, 2) for gap in (row.gap, row.gap_lower, row.gap_upper)]
        return f"{times[0]} times as often (95% interval {times[1]} to {times[2]} times)"
    word = "more" if row.gap > 0 else "less"
    ends = sorted((abs(row.gap_lower), abs(row.gap_upper)))
    return (
        f"{percent(abs(row.gap), 0)} {word} often (95% interval {percent(ends[0], 0)} to {percent(ends[1], 0)} {word})"
    )


def _no_alarm(table: pd.DataFrame, rules: Rules) -> str:
    groups = table.drop_duplicates("group")
    if not (table.judged & table.p_value.notna()).any():
        return f"By {rules.spoken}, nothing could be compared: {_why_not(groups, rules)}."
    return (
        f"By {rules.spoken}, {int(groups.judged.sum())} groups were compared with all others: none is selected or foreseen more "
        f"than {percent(rules.largest_gap, 0)} differently beyond chance."
    )


def _why_not(groups: pd.DataFrame, rules: Rules) -> str:
    large = int((groups.customers >= rules.smallest_group).sum())
    if large > rules.most_groups:
        return (
            f"{large:,} groups are more than the {rules.most_groups} that can be told apart; map their values to fewer"
        )
    if groups.judged.any():
        return "nobody was selected and no outcome is known yet"
    return f"it takes a group of at least {rules.smallest_group} and as many others"


def _open(table: pd.DataFrame, rules: Rules) -> list[str]:
    """Groups of which the data can't say that they are treated alike."""
    wide = (table.gap_lower < -rules.largest_gap) | (table.gap_upper > rules.largest_gap)
    found = table[table.judged & ~table.alarm & wide]
    return [
        f"Of {rules.spoken} {_named(groups)}, there are too few {missing} to rule out that they are {treated} more than "
        f"{percent(rules.largest_gap, 0)} differently."
        for measure, (treated, missing) in _COMPARED.items()
        if (groups := list(found.group[found.measure == measure]))
    ]


def _small(table: pd.DataFrame, rules: Rules) -> list[str]:
    groups = table.drop_duplicates("group")
    small = groups[groups.customers < rules.smallest_group]
    if small.empty:
        return []
    names = [f"{group} ({count(size)})" for group, size in zip(small.group, small.customers, strict=True)]
    return [
        f"Of {rules.spoken}, {_named(names)} {'has' if len(small) == 1 else 'have'} fewer than {rules.smallest_group}: named here, "
        "not judged."
    ]


def _named(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
