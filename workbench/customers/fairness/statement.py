"""What a fairness audit may say: differences between groups, how sure they are, and nothing of their causes."""

from __future__ import annotations

import pandas as pd

from workbench.result import Check
from workbench.wording import count, percent

_COMPARED = ("selection", "calibration")


def statements_of(
    table: pd.DataFrame, attribute: str, smallest_group: int, largest_gap: float, most_groups: int
) -> tuple[str, ...]:
    """One sentence for each alarm, what remains open, and who was not judged."""
    alarms = [_alarm(row, attribute) for _, row in _alarms(table).iterrows()]
    told = alarms or [_no_alarm(table, attribute, smallest_group, largest_gap, most_groups)]
    not_cause = [_NOT_CAUSE] if alarms else []
    return (*told, *not_cause, *_open(table, attribute, largest_gap), *_small(table, attribute, smallest_group))


_NOT_CAUSE = (
    "The audit shows that groups differ, not why: they may differ in what they bought or in how they came, and the "
    "attribute itself may play no part."
)


def check_of(table: pd.DataFrame, attribute: str, smallest_group: int, largest_gap: float, most_groups: int) -> Check:
    """Fails where a gap is larger than allowed and more than chance."""
    alarms, judged = _alarms(table), table[table.judged & table.p_value.notna()]
    detail = _no_alarm(table, attribute, smallest_group, largest_gap, most_groups)
    if len(alarms):
        detail = (
            f"{_alarm(alarms.iloc[0], attribute)} Find out what makes the difference before acting, or leave out what "
            "the score learnt it from."
        )
    return Check(
        name=f"fairness_{attribute}",
        passed=None if judged.empty else not len(alarms),
        value=float((alarms if len(alarms) else judged).gap.abs().max()),
        threshold=largest_gap,
        detail=detail,
    )


def _alarms(table: pd.DataFrame) -> pd.DataFrame:
    return table[table.alarm].sort_values("gap", key=lambda gap: -gap.abs(), kind="stable")


def _alarm(row: pd.Series, attribute: str) -> str:
    who = f"{attribute} {row.group} ({count(row.customers)} customers)"
    interval = f"95% interval {percent(row.gap_lower, 0)} to {percent(row.gap_upper, 0)}"
    if row.measure == "selection":
        much = f"{percent(abs(row.gap), 0)} {'more' if row.gap > 0 else 'less'} often ({interval})"
        return f"Of {who}, {percent(row.estimate)} are selected, of all others {percent(row.others)}: {much}."
    own, others = percent(row.estimate, 0), percent(row.others, 0)
    return (
        f"Of the outcomes that were expected of {who}, {own} came, of all others' {others}: beside theirs, the group's scores are "
        f"too {'low' if row.gap > 0 else 'high'} by {percent(abs(row.gap), 0)} ({interval})."
    )


def _no_alarm(table: pd.DataFrame, attribute: str, smallest_group: int, largest_gap: float, most_groups: int) -> str:
    groups = table.drop_duplicates("group")
    if not (table.judged & table.p_value.notna()).any():
        return f"By {attribute}, nothing could be compared: {_why_not(groups, smallest_group, most_groups)}."
    return (
        f"By {attribute}, {int(groups.judged.sum())} groups were compared with all other customers: none is selected or foreseen "
        f"more than {percent(largest_gap, 0)} differently beyond chance."
    )


def _why_not(groups: pd.DataFrame, smallest_group: int, most_groups: int) -> str:
    large = int((groups.customers >= smallest_group).sum())
    if large > most_groups:
        return f"{large:,} groups are more than {most_groups} allow; map their values to fewer"
    if large and len(groups) > 1 and groups.judged.any():
        return "nobody was selected and no outcome is known yet"
    return f"it takes two groups of at least {smallest_group} customers"


def _open(table: pd.DataFrame, attribute: str, largest_gap: float) -> list[str]:
    """Groups of which the data can't say that they are treated alike."""
    wide = (table.gap_lower < -largest_gap) | (table.gap_upper > largest_gap)
    found = table[table.judged & ~table.alarm & wide & table.measure.isin(_COMPARED)]
    names = list(dict.fromkeys(found.group))
    if not names:
        return []
    told = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return [
        f"Of {attribute} {told}, there are too few customers or outcomes to rule out a difference of more than {percent(largest_gap, 0)}."
    ]


def _small(table: pd.DataFrame, attribute: str, smallest_group: int) -> list[str]:
    groups = table.drop_duplicates("group")
    small = groups[groups.customers < smallest_group]
    if small.empty:
        return []
    names = [
        f"{group} ({count(size)})" for group, size in zip(small.group.head(5), small.customers.head(5), strict=True)
    ]
    more = f" and {len(small) - 5:,} more" if len(small) > 5 else ""
    return [
        f"Of {attribute}, {', '.join(names)}{more} {'has' if len(small) == 1 else 'have'} fewer than {smallest_group} customers: "
        "named here, not judged."
    ]
