"""What a fairness audit may say: differences between groups, how sure they are, and nothing of their causes."""

from __future__ import annotations

import pandas as pd

from workbench.result import Check
from workbench.wording import count, number, percent

_WORD = {"selection": "selected", "calibration": "foreseen"}


def statements_of(
    table: pd.DataFrame, attribute: str, smallest_group: int, largest_gap: float, most_groups: int
) -> tuple[str, ...]:
    """One sentence for each alarm, what remains open, and who was not judged."""
    alarms = [_alarm(row, attribute) for row in _alarms(table).itertuples()]
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
            f"{_alarm(next(alarms.itertuples()), attribute)} Find out what makes the difference before acting, or leave out what "
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


def _alarm(row: object, attribute: str) -> str:
    group, measure, gap = f"{attribute} {row.group}", row.measure, row.gap  # type: ignore[attr-defined]
    size = f"{count(row.customers)} customers"  # type: ignore[attr-defined]
    interval = _interval(row.gap_lower, row.gap_upper)  # type: ignore[attr-defined]
    much = f"{percent(abs(gap), 0)} {'more' if gap > 0 else 'less'} often (95% interval {interval})"
    if measure == "selection":
        own, others = percent(row.estimate), percent(row.others)  # type: ignore[attr-defined]
        return f"Of {group} ({size}), {own} are selected, of all others {others}: {much}."
    own, others = number(row.estimate, 2), number(row.others, 2)  # type: ignore[attr-defined]
    meaning = "too low" if gap > 0 else "too high"
    return (
        f"For each outcome that was expected of {group} ({size}), {own} came, of all others {others}: beside theirs, the group's "
        f"scores are {meaning} by {percent(abs(gap), 0)} (95% interval {interval})."
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
    found = table[table.judged & ~table.alarm & wide & table.measure.isin(_WORD)]
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
    names = [f"{row.group} ({count(row.customers)})" for row in small.head(5).itertuples()]
    more = f" and {len(small) - 5:,} more" if len(small) > 5 else ""
    return [
        f"Of {attribute}, {', '.join(names)}{more} {'has' if len(small) == 1 else 'have'} fewer than {smallest_group} customers: "
        "named here, not judged."
    ]


def _interval(lower: float, upper: float) -> str:
    return f"{percent(lower, 0)} to {percent(upper, 0)}"
