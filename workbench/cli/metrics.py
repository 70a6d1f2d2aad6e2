"""`workbench metrics`: what Prometheus reads of a workspace."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import WorkspaceOption


def metrics(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="FILE", help="Replace this file, FILE.prom for node_exporter, instead of printing."
        ),
    ] = None,
    workspace: WorkspaceOption = "",
) -> None:
    """Print counts, durations and last successes of runs, times of schedules and undelivered messages for Prometheus."""
    from workbench.monitoring.exposition import metrics_text, write_metrics
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    if output is None:
        sys.stdout.write(metrics_text(opened))
    else:
        write_metrics(opened, output)
