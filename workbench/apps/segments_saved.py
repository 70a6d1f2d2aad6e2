"""What the segments app reads of a saved segmentation: tables of groups, none of customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

import pandas as pd

from workbench.apps.published import Published
from workbench.customers.small_groups import hidden_groups
from workbench.result import LATER, Result
from workbench.wording import count


@dataclass(frozen=True, kw_only=True)
class SavedSegments(Result):
    """A segmentation as far as the app shows it; the fields are those of `segments.SegmentationResult`.

    The models behind a segmentation take seconds to import, and every visitor has a process: the app does without them.
    """

    analysis: ClassVar[str] = "segmentation"

    segments: pd.DataFrame
    channels: pd.DataFrame
    engagement: pd.DataFrame
    affinity: pd.DataFrame
    migration: pd.DataFrame
    cutoffs: dict[str, Any]
    last_run: str
    valued_at: date
    currency: str
    time_unit: str
    horizon: int
    notes: dict[str, str]
    profile: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=LATER)

    @property
    def span(self) -> str:
        """The horizon in words."""
        return f"{self.horizon} {self.time_unit}{'' if self.horizon == 1 else 's'}"


type Run = Published[SavedSegments]


def shown_first(runs: Sequence[Run]) -> Run:
    """The newest run that isn't an exploration of a day in the past, if there is one."""
    return next((run for run in runs if not run.record.parameters.get("calibration_end")), runs[0])


def comparable(runs: Sequence[Run], shown: Run) -> list[Run]:
    """Runs whose segments and values mean the same as those of `shown`, by the day of their data, the newest first; of one day the
    newest run."""
    alike = [run for run in runs if _kind(run) == _kind(shown)]
    of_day = {run.result.valued_at: run for run in reversed(alike)} | {shown.result.valued_at: shown}
    return [of_day[day] for day in sorted(of_day, reverse=True)]


def _kind(run: Run) -> tuple[object, ...]:
    result = run.result
    return result.cutoffs.get("version"), result.currency, result.horizon, result.time_unit


def smallest_group(run: Run) -> int:
    """Customers that a group needs before anything is said about it."""
    return run.workspace.config.governance.smallest_group


def shown_segments(run: Run) -> pd.DataFrame:
    """The segments that are large enough to be shown; of few small ones another one stays hidden, lest they be had by subtraction."""
    segments = run.result.segments[run.result.segments.customers > 0]
    hidden = hidden_groups(segments.customers.to_numpy(), smallest_group(run))
    return segments[~hidden].reset_index(drop=True)


def hidden_note(run: Run) -> str:
    """How many segments are not shown and why; empty if all are."""
    hidden = int((run.result.segments.customers > 0).sum()) - len(shown_segments(run))
    if not hidden:
        return ""
    told = "One segment is" if hidden == 1 else f"{count(hidden)} segments are"
    return f"{told} not shown: {small_rule(run)}."


def small_rule(run: Run) -> str:
    return f"groups of fewer than {count(smallest_group(run))} customers, and what would give them away, stay hidden"


def whole(run: Run) -> pd.Series:
    """All customers together: customers, value, lower, upper (currency, where what comes will lie in 19 of 20 cases)."""
    result = run.result
    told = result.estimate("realised_value", "all customers")
    customers = int(result.segments.customers.sum())
    return pd.Series({"customers": customers, "value": told.estimate, "lower": told.lower, "upper": told.upper})
