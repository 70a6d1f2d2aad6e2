"""Options that several commands share, and the two ways to print: for people and as JSON."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

WorkspaceOption = Annotated[
    str,
    typer.Option(
        "--workspace",
        metavar="DIR",
        help="Folder of workbench.toml; else WORKBENCH_WORKSPACE, else the nearest one upwards.",
    ),
]
_PIPE_WIDTH = 160
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]


def print_json(content: Any) -> None:
    """Print JSON alone on standard output."""
    sys.stdout.write(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def console(*, stderr: bool = False) -> Console:
    """Where to print for people."""
    from rich.console import Console

    written = Console(stderr=stderr, highlight=False)
    # A file or a pipe has no width of its own: tables get room there.
    return (
        written
        if written.is_terminal or "COLUMNS" in os.environ
        else Console(stderr=stderr, highlight=False, width=_PIPE_WIDTH)
    )
