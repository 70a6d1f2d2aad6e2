"""`workbench runs`: the history, and what is done with single runs: cancel, retry, compare, trace, tidy."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.history import RunArgument, plain, print_finished, show
from workbench.cli.notify import tell
from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json
from workbench.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.runs.difference import Difference, RunDifference
    from workbench.runs.ledger import Wanted
    from workbench.runs.record import RunRecord

commands = typer.Typer(
    invoke_without_command=True, help="List all runs, the newest first; cancel, retry, compare, trace, tidy."
)
commands.command("show")(show)
_COLOURS = {"finished": "green", "running": "cyan"}
_STATUSES = ("running", "finished", "failed", "timed_out", "cancelled", "killed", "lost")
_DAYS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]

StatusOption = Annotated[
    list[str] | None, typer.Option("--status", help=f"One of {', '.join(_STATUSES)}; may be repeated.")
]
SinceOption = Annotated[
    datetime | None, typer.Option("--since", formats=_DAYS, metavar="DAY", help="Started then or later, UTC.")
]
BeforeOption = Annotated[
    datetime | None, typer.Option("--before", formats=_DAYS, metavar="DAY", help="Started earlier, UTC.")
]
ParameterOption = Annotated[
    list[str] | None, typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="With this value.")
]


@commands.callback()
def runs(
    context: typer.Context,
    notebook: Annotated[str, typer.Option("--notebook", help="Of this notebook.")] = "",
    status: StatusOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    schedule: Annotated[str, typer.Option("--schedule", help="Started by this schedule.")] = "",
    batch: Annotated[str, typer.Option("--batch", help="Of this fan-out.")] = "",
    parameter: ParameterOption = None,
    most: Annotated[int, typer.Option("--most", min=0, help="So many of the newest; 0 for all.")] = 50,
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """List runs, the newest first; without a choice the newest 50 of all."""
    if context.invoked_subcommand:
        return
    from workbench.runs.history import all_runs
    from workbench.runs.ledger import Wanted
    from workbench.runs.record import record_to_dict
    from workbench.workspace import open_workspace

    wanted = Wanted(
        notebook=notebook,
        statuses=_statuses(status or []),  # type: ignore[arg-type]
        since=since,
        before=before,
        trigger=f"schedule {schedule} " if schedule else "",
        batch=batch,
        parameters=_assigned(parameter or []),
        most=most + 1 if most else 0,
    )
    found = all_runs(open_workspace(workspace), wanted)
    shown = found[:most] if most else found
    if json:
        print_json([record_to_dict(record) for record in shown])
        return
    _print_runs(shown, more=len(found) > len(shown), chosen=wanted)


@commands.command("cancel")
def cancel(run: RunArgument, workspace: WorkspaceOption = "", json: JsonOption = False) -> None:
    """End a running run, its kernel and their children, and wait until it has ended."""
    from workbench.runs.cancel import cancel_run
    from workbench.runs.record import record_to_dict
    from workbench.workspace import open_workspace

    ended = cancel_run(open_workspace(workspace), run)
    if json:
        print_json(record_to_dict(ended))
    else:
        console().print(
            f"{ended.run_id} {ended.status}: {ended.reason or 'it ended by itself meanwhile'}", markup=False
        )


@commands.command("retry")
def retry(run: RunArgument, workspace: WorkspaceOption = "", json: JsonOption = False) -> None:
    """Run a notebook again with the parameters of an earlier run."""
    from workbench.runs.again import retry_run
    from workbench.runs.history import find_run
    from workbench.runs.progress import progress_display
    from workbench.runs.record import record_to_dict
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    earlier = find_run(opened, run)
    with progress_display(console(stderr=True)) as display:
        record = retry_run(opened, earlier, watch=display.run(earlier.notebook))
    if json:
        print_json(record_to_dict(record))
    elif record.status == "finished":
        print_finished(record)
    tell(opened, record)
    if record.status != "finished":
        raise RunError(record.reason)


@commands.command("diff")
def diff(first: RunArgument, second: RunArgument, workspace: WorkspaceOption = "", json: JsonOption = False) -> None:
    """Compare two runs: code, data, parameters, checks, and estimates with the overlap of their intervals."""
    from workbench.runs.difference import run_difference
    from workbench.workspace import open_workspace

    found = run_difference(open_workspace(workspace), first, second)
    print_json(_difference_as_json(found)) if json else _print_difference(found)


@commands.command("lineage")
def lineage(run: RunArgument, workspace: WorkspaceOption = "", json: JsonOption = False) -> None:
    """Trace a run: the runs and data that it rests on, and what was made from it."""
    from workbench.runs.lineage import lineage_of
    from workbench.workspace import open_workspace

    found = lineage_of(open_workspace(workspace), run)
    above = [(record.run_id, far) for record, far in found.ancestors]
    below = [(record.run_id, far) for record, far in found.descendants]
    if json:
        told = {"run_id": found.run.run_id, "reads": dict(above), "read_by": dict(below), "inputs": found.tables}
        print_json(told | {"forgotten": list(found.forgotten)})
        return
    out = console()
    for run_id, far in reversed(above):
        out.print(f"{'  ' * (far - 1)}reads {run_id}", markup=False)
    out.print(found.run.run_id, style="bold", markup=False)
    for run_id, far in below:
        out.print(f"{'  ' * (far - 1)}read by {run_id}", markup=False)
    for run_id, inputs in found.tables.items():
        told_inputs = ", ".join(f"{name} {value[:12]}" for name, value in inputs.items())
        out.print(f"data of {run_id}: {told_inputs}", markup=False, soft_wrap=True)
    if found.forgotten:
        out.print(f"no longer known: {', '.join(found.forgotten)}", markup=False)


@commands.command("tidy")
def tidy_(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """Remove old runs by `[runs] keep_days` and `keep_runs`; what is published or referenced stays."""
    from workbench.publish.publication import published_run_ids
    from workbench.runs.retention import tidy, tidying
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    plan = tidying(opened, published_run_ids(opened))
    if not dry_run:
        tidy(opened, plan)
    removed = [record.run_id for record in plan.removed]
    if json:
        kept = [record.run_id for record in plan.kept_old]
        print_json({"removed": removed, "kept_because_referenced": kept, "bytes": plan.bytes, "dry_run": dry_run})
        return
    for run_id in removed:
        print(run_id)
    told = "would go" if dry_run else "removed"
    print(
        f"{len(removed)} runs {told} ({plan.bytes:,} bytes); {len(plan.kept_old)} old ones stay because something refers to them"
    )


def _statuses(asked: list[str]) -> tuple[str, ...]:
    for status in asked:
        if status not in _STATUSES:
            raise RunError(f"there is no status {status!r}; statuses are {', '.join(_STATUSES)}")
    return tuple(asked)


def _assigned(parameters: list[str]) -> dict[str, str]:
    for each in parameters:
        if "=" not in each:
            raise RunError(f"parameter {each!r} has no value; write -p name=value")
    return {name.strip(): value for name, _, value in (each.partition("=") for each in parameters)}


def _print_runs(records: list[RunRecord], *, more: bool, chosen: Wanted) -> None:
    from rich.table import Table

    table = Table("run", "status", "seconds", "what it found, or why it ended", box=None, pad_edge=False)
    table.columns[0].min_width = max((len(record.run_id) for record in records), default=0)
    for record in records:
        colour = _COLOURS.get(record.status, "red")
        told = plain(record.reason or record.summary.headline)
        table.add_row(record.run_id, f"[{colour}]{record.status}", f"{record.seconds:.0f}", told)
    if records:
        console().print(table)
    else:
        narrowed = chosen != type(chosen)(most=chosen.most)
        print("no such run" if narrowed else "no runs yet; start one with `workbench run NOTEBOOK`")
    if more:
        console(stderr=True).print("older ones are left out; --most 0 lists all")


def _difference_as_json(found: RunDifference) -> dict[str, Any]:
    named = {name: [asdict(each) for each in getattr(found, name)] for name in _PARTS}
    rows = found.estimates.astype(object).where(found.estimates.notna(), None).to_dict("records")
    return {"first": found.first.run_id, "second": found.second.run_id, **named, "estimates": rows}


_PARTS = {"origin": "made by", "parameters": "parameters", "inputs": "data", "parents": "runs read", "checks": "checks"}


def _print_difference(found: RunDifference) -> None:
    out = console()
    out.print(f"{found.first.run_id} and {found.second.run_id}", markup=False)
    for name, told in _PARTS.items():
        parts: tuple[Difference, ...] = getattr(found, name)
        out.print(f"{told}: {'the same' if not parts else ''}", markup=False)
        for each in parts:
            out.print(f"  {each.name}: {_short(each.first)} → {_short(each.second)}", markup=False)
    out.print(_estimates_table(found.estimates))


def _estimates_table(estimates: pd.DataFrame) -> Any:
    from rich.table import Table

    table = Table("quantity", "of", "first", "second", "change", "overlap", box=None, pad_edge=False)
    for row in estimates.to_dict("records"):
        first, second = (_interval(*(row[f"{end}_{run}"] for end in _ENDS)) for run in ("first", "second"))
        overlap = "–" if row["overlap"] != row["overlap"] else f"{row['overlap']:.0%}"
        table.add_row(plain(row["quantity"]), plain(row["entity"]), first, second, _number(row["change"]), overlap)
    return table


_ENDS = ("estimate", "lower", "upper")


def _interval(estimate: float, lower: float, upper: float) -> str:
    return _number(estimate) if lower != lower else f"{_number(estimate)} ({_number(lower)} to {_number(upper)})"


def _number(value: float) -> str:
    return "–" if value != value else f"{value:,.4g}"


def _short(value: Any) -> str:
    return "–" if value is None else str(value)[:24]
