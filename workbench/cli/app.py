"""All commands, and how an error leaves: one sentence on stderr, exit code 1, no traceback."""

from __future__ import annotations

import gc
import sys

import typer

from workbench.cli import (
    compare,
    demo,
    history,
    learnings,
    metrics,
    notify,
    publish,
    running,
    runs,
    schedule,
    workspaces,
)
from workbench.errors import WorkbenchError

app = typer.Typer(
    name="workbench",
    help="An open analytical workbench for marketing.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("run")(running.run)
app.command("params")(running.params)
app.command("show")(history.show)
app.command("report")(history.report)
app.command("compare")(compare.compare)
app.command("learnings")(learnings.learnings)
app.command("check")(workspaces.check)
app.command("sample")(workspaces.sample)
app.command("publish")(publish.publish)
app.command("apps")(publish.apps)
app.add_typer(runs.commands, name="runs")
app.add_typer(schedule.commands, name="schedule")
app.add_typer(notify.commands, name="notify")
app.command("metrics")(metrics.metrics)
app.command("demo")(demo.demo)


def main() -> None:
    """Entry point of the console script."""
    try:
        app()
    except WorkbenchError as error:
        print(f"workbench: {error}", file=sys.stderr)
        sys.exit(1)
    finally:
        # Else the interpreter looks through all modules for cycles before it ends: a tenth of a second.
        gc.freeze()
