"""Who moved between segments from one run to another, in groups large enough to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.apps.segments_saved import Run, smallest_group
from workbench.customers.small_groups import hidden_cells
from workbench.runs.segment_members import segment_members

if TYPE_CHECKING:
    import pyarrow as pa

CAME, GONE = "Not known before", "No longer known"
UP, STAYED, DOWN = "Moved up", "Stayed", "Moved down"
SMALL = "Small groups"
KINDS = (CAME, UP, STAYED, DOWN, GONE, SMALL)
SUMS = ["customers", "value_before", "value_after"]
COLUMNS = ["before", "after", *SUMS]


@dataclass(frozen=True, kw_only=True)
class Moves:
    """What happened between two runs.

    Attributes:
        cells: One row a pair of segments that may be shown: `COLUMNS`, and kind. `CAME` and `GONE` stand for no segment.
        hidden: `SUMS` of the pairs that may not.
        total: `SUMS` of all.
        came: Customers of the later run alone.
        gone: Customers of the earlier run alone.
        moved: Share of the customers of both who changed segment; NaN where nobody was in both.
        before: Segments of the earlier run in their order, then `CAME` if somebody did.
        after: Segments of the later run in their order, then `GONE` if somebody did.
        secret: Pairs that may not be shown, as (before, after).
        frozen: Whether segments begin at the same cut-offs in both runs.
    """

    cells: pd.DataFrame
    hidden: pd.Series
    total: pd.Series
    came: int
    gone: int
    moved: float
    before: tuple[str, ...]
    after: tuple[str, ...]
    secret: frozenset[tuple[str, str]]
    frozen: bool


def moves_between(earlier: Run, later: Run) -> Moves:
    """Compare two runs: from the matrix that the later one saved, else from both runs' hand-offs, which are counted at once.

    Raises:
        RunError: If a hand-off is needed and gone.
    """
    saved = later.result.last_run == earlier.record.run_id and len(later.result.migration) > 0
    moves = (
        _saved(later)
        if saved
        else counted(*(segment_members(run.record.result_folder.parent) for run in (earlier, later)))
    )
    came, gone = (
        int(moves.customers[side == name].sum()) for side, name in ((moves.before, CAME), (moves.after, GONE))
    )
    before = (*_present(earlier.result.segments.segment, moves.before), *([CAME] if came else []))
    after = (*_present(later.result.segments.segment, moves.after), *([GONE] if gone else []))
    secret = _secret(moves, before, after, max(smallest_group(earlier), smallest_group(later)))
    shown = pd.Series([pair not in secret for pair in zip(moves.before, moves.after, strict=True)], index=moves.index)
    return Moves(
        cells=moves.assign(kind=_kinds(moves))[shown].reset_index(drop=True),
        hidden=moves[~shown][SUMS].sum(),
        total=moves[SUMS].sum(),
        came=came,
        gone=gone,
        moved=_share_moved(moves),
        before=before,
        after=after,
        secret=frozenset(secret),
        frozen=earlier.result.cutoffs == later.result.cutoffs,
    )


def counted(then: pa.Table, now: pa.Table) -> pd.DataFrame:
    """Customers and values by segment then and now, counted without a frame of customers.

    Args:
        then: customer_id, segment, expected_value of the earlier run.
        now: The same of the later one.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    old = pa.table({"id": then["customer_id"], "before": then["segment"], "value_before": then["expected_value"]})
    new = pa.table({"id": now["customer_id"], "after": now["segment"], "value_after": now["expected_value"]})
    both = old.join(new, "id", join_type="full outer").drop_columns("id")
    filled = {"before": CAME, "after": GONE, "value_before": 0.0, "value_after": 0.0}
    rows = pa.table({name: pc.fill_null(both[name], value) for name, value in filled.items()})
    sums = rows.group_by(["before", "after"]).aggregate(
        [([], "count_all"), ("value_before", "sum"), ("value_after", "sum")]
    )
    names = {"count_all": "customers", "value_before_sum": "value_before", "value_after_sum": "value_after"}
    return sums.to_pandas().rename(columns=names)[COLUMNS]


def by_kind(moves: Moves) -> pd.DataFrame:
    """What happened, summed up: kind, `SUMS` and change (currency), in the order of `KINDS`; the kinds add up to the total."""
    sums = moves.cells.groupby("kind")[SUMS].sum()
    if moves.hidden.customers:
        sums.loc[SMALL] = moves.hidden
    present = sums.loc[[kind for kind in KINDS if kind in sums.index]]
    return present.assign(change=present.value_after - present.value_before).rename_axis("kind").reset_index()


def _saved(later: Run) -> pd.DataFrame:
    """The run's own matrix; who came and who went isn't told apart by reason, as hand-offs can't."""
    known, moves = set(later.result.segments.segment), later.result.migration
    outside = {"Entered": CAME, "Consent given": CAME, "Left": GONE, "Consent withdrawn": GONE, "Erased": GONE}
    named = moves.assign(
        before=[name if name in known else outside.get(name, name) for name in moves.before],
        after=[name if name in known else outside.get(name, name) for name in moves.after],
    )
    return named.groupby(["before", "after"], as_index=False, sort=False)[SUMS].sum()


def _present(order: pd.Series, names: pd.Series) -> list[str]:
    """Segments in their order, and then those that this run's rules don't know."""
    found = set(names) - {CAME, GONE}
    return [*(name for name in order if name in found), *sorted(found - set(order))]


def _secret(
    moves: pd.DataFrame, before: tuple[str, ...], after: tuple[str, ...], smallest: int
) -> set[tuple[str, str]]:
    table = moves.pivot(index="before", columns="after", values="customers").reindex(index=before, columns=after)
    hidden = hidden_cells(table.fillna(0).to_numpy(), smallest)
    return {(before[i], after[j]) for i, j in np.argwhere(hidden)}


def _kinds(moves: pd.DataFrame) -> list[str]:
    worth = _worth(moves)
    return [_kind(before, after, worth) for before, after in zip(moves.before, moves.after, strict=True)]


def _kind(before: str, after: str, worth: pd.Series) -> str:
    if before == CAME or after == GONE:
        return CAME if before == CAME else GONE
    if before == after:
        return STAYED
    return UP if worth[after] > worth[before] else DOWN


def _worth(moves: pd.DataFrame) -> pd.Series:
    """Mean value of a segment's customers, both runs together: what makes one segment better than another."""
    sides = [
        moves[[side, "customers", value]].set_axis(["segment", "customers", "value"], axis=1)
        for side, value in (("before", "value_before"), ("after", "value_after"))
    ]
    sums = pd.concat(sides).groupby("segment")[["customers", "value"]].sum()
    return sums.value / sums.customers


def _share_moved(moves: pd.DataFrame) -> float:
    both = moves[(moves.before != CAME) & (moves.after != GONE)]
    known = both.customers.sum()
    return float(both.customers[both.before != both.after].sum() / known) if known else float("nan")
