"""Hold a whole workspace to its contracts: every mapped table, and what the analyses need of them together."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import ibis

from workbench.config import CreativeExperiment, Experiment, UserExperiment, experiment_files
from workbench.data.calendar import first_and_last
from workbench.data.erasure import ERASURES
from workbench.data.schemas import TIME_COLUMN
from workbench.data.validate import without_unread
from workbench.errors import WorkbenchError
from workbench.workspace import Workspace


@dataclass(frozen=True)
class TableReport:
    """What `workbench check` says of one table.

    Attributes:
        name: Canonical name, or `panel` and `experiments` for what tables must satisfy together.
        rows: Rows kept, None where they could not be read.
        left_out: Rows that the mapping's filter left out.
        erased: Rows of erased customers, which nothing reads.
        period: First and last day, empty for tables without time.
        problems: One sentence each; none if the contract holds.
        notes: What should be known beside, one sentence each.
    """

    name: str
    rows: int | None = None
    left_out: int = 0
    erased: int = 0
    period: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def check_tables(workspace: Workspace) -> list[TableReport]:
    """Check every mapped table, the media-mix panel and the declared experiments; no row of an erased customer is looked at."""
    if workspace.has(ERASURES) and (first := _checked(workspace, ERASURES)).problems:
        # Until it is known who was erased, nothing else may be read.
        return [first]
    reports = [_checked(workspace, name) for name in workspace.config.tables]
    if all(not report.problems for report in reports):
        if workspace.has("kpi") and workspace.has("media"):
            reports.append(_reported("panel", lambda: _panel(workspace)))
        if workspace.config.experiments:
            reports.append(TableReport(name="experiments", problems=tuple(_experiments(workspace))))
    return reports


def _checked(workspace: Workspace, name: str) -> TableReport:
    return _reported(name, lambda: _table(workspace, name))


def _reported(name: str, check: Callable[[], TableReport]) -> TableReport:
    try:
        return check()
    except WorkbenchError as error:
        return TableReport(name=name, problems=(str(error),))


def _table(workspace: Workspace, name: str) -> TableReport:
    kept = workspace.catalog.kept(name)
    mapped, rows = _rows(workspace.catalog.mapped(name)), _rows(kept)
    return TableReport(
        name=name,
        rows=rows,
        left_out=_left_out(workspace, name, mapped),
        erased=mapped - rows,
        period=_period(without_unread(kept), TIME_COLUMN.get(name, "")),
        problems=tuple(workspace.catalog.violations(kept, name)),
    )


def _rows(table: ibis.Table) -> int:
    return int(table.count().execute())


def _left_out(workspace: Workspace, name: str, rows: int) -> int:
    mapping = workspace.config.tables[name]  # type: ignore[index]
    if mapping.filter is None:
        return 0
    copies = max((len(wide) for wide in mapping.wide.values() if isinstance(wide, dict)), default=1)
    return max(0, _rows(workspace.catalog.raw(name)) * copies - rows)


def _period(table: ibis.Table, column: str) -> str:
    ends = first_and_last(table[column]) if column in table.columns else None
    return "" if ends is None else f"{ends[0]:%Y-%m-%d} to {ends[1]:%Y-%m-%d}"


def _panel(workspace: Workspace) -> TableReport:
    panel = workspace.panel()
    return TableReport(
        name="panel",
        rows=panel.kpi.size,
        period=f"{panel.weeks[0]:%Y-%m-%d} to {panel.weeks[-1]:%Y-%m-%d}",
    )


def _experiments(workspace: Workspace) -> Iterator[str]:
    for name, spec in workspace.config.experiments.items():
        if not workspace.has(spec.table):
            yield f"experiments.{name} needs tables.{spec.table}, which is not mapped; add it"
            continue
        rows = workspace.catalog.mapped(spec.table)
        known = rows.select("experiment_id").distinct().order_by("experiment_id").execute().experiment_id
        if name not in set(known):
            own_file = experiment_files(workspace.root).get(name)
            mend = f"rename {own_file}" if own_file else "correct the id"
            yield f"experiments.{name} has no rows in {spec.table}, which holds {', '.join(known)}; {mend}"
        yield from _missing_columns(name, spec, rows.columns)


def _missing_columns(name: str, spec: Experiment, columns: Sequence[str]) -> Iterator[str]:
    for use, column in _uses(spec):
        if column not in columns:
            close = difflib.get_close_matches(column, columns, n=1)
            known = f"did you mean {close[0]}?" if close else f"its columns are {', '.join(columns)}"
            yield (
                f"experiments.{name} needs {spec.table}.{column} for {use}, which {spec.table} doesn't hold; map it in "
                f"[tables.{spec.table}] or correct its name: {known}"
            )


def _uses(spec: Experiment) -> Iterator[tuple[str, str]]:
    """What an experiment reads of its table: metric by metric, then all else."""
    metrics = spec.metrics if isinstance(spec, UserExperiment) else ()
    metrics = (spec.metric,) if isinstance(spec, CreativeExperiment) else metrics
    measured = [(metric.name, column) for metric in metrics for column in (*metric.columns, *metric.before)]
    yield from ((f"its metric {metric}", column) for metric, column in measured)
    others = [column for column in spec.columns if column not in {known for _, known in measured}]
    parts = spec.factors if isinstance(spec, CreativeExperiment) else ()
    yield from (("its factors" if column in parts else "its segments", column) for column in others)
