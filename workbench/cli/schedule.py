"""`workbench schedule` and what a person does to schedules: look, pause, resume, run now, make up for a range of days."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json
from workbench.errors import RunError

if TYPE_CHECKING:
    from workbench.config import Schedule
    from workbench.workspace import Workspace

commands = typer.Typer(invoke_without_command=True, help="Run notebooks by the times of [[schedule]].")
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A schedule of workbench.toml.")]
OnceOption = Annotated[bool, typer.Option("--once", help="Run what is due and end, for a system's own cron.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print the next times of each schedule and end.")]
CountOption = Annotated[int, typer.Option("--count", min=1, max=1000, help="Times of each that --dry-run prints.")]
ParallelOption = Annotated[int, typer.Option("--parallel", min=1, max=64, help="Runs that may go on at once.")]
MetricsOption = Annotated[
    int | None,
    typer.Option(
        "--metrics-port", metavar="PORT", min=0, max=65535, help="Serve /metrics to Prometheus on this machine."
    ),
]


@commands.callback()
def schedule(
    context: typer.Context,
    once: OnceOption = False,
    dry_run: DryRunOption = False,
    count: CountOption = 5,
    parallel: ParallelOption = 2,
    metrics_port: MetricsOption = None,
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """Run notebooks by the times of [[schedule]], until interrupted; any number of schedulers may run."""
    if context.invoked_subcommand:
        return
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    if dry_run:
        _print_times(opened, count, json)
        return

    _serve(opened, once=once, parallel=parallel, metrics_port=metrics_port)


@commands.command("list")
def list_(workspace: WorkspaceOption = "", json: JsonOption = False) -> None:
    """List the schedules, with what became of the last time of each."""
    from rich.table import Table

    from workbench.schedule.service import fires_of
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    fires = fires_of(opened)
    paused = fires.paused()
    rows = []
    for each in opened.config.schedule:
        last = next(iter(fires.of(each.called, most=1)), None)
        state = "paused" if each.called in paused else last.state if last else "not yet"
        rows.append(
            {
                "schedule": each.called,
                "cron": each.cron,
                "state": state,
                "scheduled_at": last.scheduled_at.isoformat() if last else None,
                "run_id": last.run_id if last else "",
                "reason": last.reason if last else "",
            }
        )
    if json:
        print_json(rows)
        return
    table = Table("schedule", "cron", "last time (UTC)", "state", "run, or why not", box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            row["schedule"],
            row["cron"],
            str(row["scheduled_at"] or "–")[:16],
            row["state"],
            row["reason"] or row["run_id"],
        )
    console().print(table)


@commands.command("pause")
def pause(name: NameArgument, workspace: WorkspaceOption = "") -> None:
    """Stop a schedule until it is resumed; the times in between don't come back."""
    _set_paused(name, workspace, paused=True)


@commands.command("resume")
def resume(name: NameArgument, workspace: WorkspaceOption = "") -> None:
    """Let a schedule go on that was paused."""
    _set_paused(name, workspace, paused=False)


@commands.command("now")
def now(name: NameArgument, workspace: WorkspaceOption = "") -> None:
    """Ask the running scheduler, or the next one, to run a schedule now; it waits for nothing but its turn."""
    opened, chosen = _chosen(name, workspace)
    moment = datetime.now(UTC).replace(microsecond=0)
    _ask(opened, chosen, [moment])
    print(f"{chosen.called} is asked for, as of {moment:%Y-%m-%d %H:%M:%S} UTC; `workbench schedule` runs it")


@commands.command("backfill")
def backfill(
    name: NameArgument,
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DAY", help="First day.")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DAY", help="Last day.")],
    workspace: WorkspaceOption = "",
) -> None:
    """Ask for all times of a schedule within a range of days, as if each were now; those that ran already are left out."""
    from workbench.schedule.times import times_between, zone_of

    opened, chosen = _chosen(name, workspace)
    zone_name = opened.config.workspace.time_zone
    zone = zone_of(chosen, zone_name)
    if end < start:
        raise RunError(f"--from {start:%Y-%m-%d} lies after --to {end:%Y-%m-%d}; swap them")
    first = datetime.combine(start.date(), datetime.min.time(), zone) - timedelta(seconds=1)
    last = datetime.combine(end.date() + timedelta(days=1), datetime.min.time(), zone) - timedelta(seconds=1)
    times = times_between(chosen, first, min(last, datetime.now(UTC)), zone_name)
    new = _ask(opened, chosen, times)
    print(
        f"{new} of {len(times)} times of {chosen.called} are asked for; `workbench schedule` runs them in their order"
    )


def _serve(workspace: Workspace, *, once: bool, parallel: int, metrics_port: int | None) -> None:
    from workbench.runs.ledger import Ledger
    from workbench.runs.process import Interruption
    from workbench.runs.steady_forks import SteadyForks
    from workbench.schedule.service import scheduler_of, serve
    from workbench.telling.courier import Courier

    with Interruption() as interruption, _metrics(workspace, metrics_port), SteadyForks() as forks:
        scheduler = scheduler_of(workspace, interruption, parallel, forks)
        with Courier(workspace, Ledger.of(workspace)) as courier:
            serve(scheduler, interruption, courier, once=once)


@contextmanager
def _metrics(workspace: Workspace, port: int | None) -> Iterator[None]:
    if port is None:
        yield
        return
    from workbench.monitoring.exposition import served_metrics

    with served_metrics(workspace, port) as address:
        print(f"metrics: {address}", file=sys.stderr, flush=True)
        yield


def _ask(workspace: Workspace, chosen: Schedule, times: list[datetime]) -> int:
    from workbench.schedule.fires import Fire
    from workbench.schedule.service import fires_of

    asked = [Fire(schedule=chosen.called, scheduled_at=each, not_before=each, by_hand=True) for each in times]
    return fires_of(workspace).add(asked)


def _set_paused(name: str, workspace: str, *, paused: bool) -> None:
    from workbench.schedule.service import fires_of

    opened, chosen = _chosen(name, workspace)
    fires, moment = fires_of(opened), datetime.now(UTC)
    fires.known_since([chosen.called], moment)
    fires.pause(chosen.called, moment, paused=paused)
    print(f"{chosen.called} is {'paused' if paused else 'on again'}")


def _chosen(name: str, workspace: str) -> tuple[Workspace, Schedule]:
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    known = {each.called: each for each in opened.config.schedule}
    if name not in known:
        raise RunError(f"there is no schedule {name!r}; known are {', '.join(known) or 'none'}")
    return opened, known[name]


def _print_times(workspace: Workspace, count: int, json: bool) -> None:
    from dataclasses import asdict

    from rich.table import Table

    from workbench.schedule.preview import coming

    times = coming(workspace.config, datetime.now(UTC), count)
    if json:
        plain = [asdict(each) | {"utc": each.utc.isoformat(), "local": each.local.isoformat()} for each in times]
        print_json(plain)
        return
    table = Table("time (UTC)", "there", "schedule", "parameters", "waits for", box=None, pad_edge=False)
    for each in times:
        told = ", ".join(f"{name}={value}" for name, value in each.parameters.items())
        waits = ", ".join(each.waits_for)
        table.add_row(f"{each.utc:%Y-%m-%d %H:%M}", f"{each.local:%a %H:%M %Z}", each.schedule, told, waits)
    console().print(table if times else "no [[schedule]] in workbench.toml")
