"""`workbench check` and `workbench sample`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json
from workbench.wording import count

if TYPE_CHECKING:
    from workbench.data.contracts import TableReport
    from workbench.workspace import Workspace


class Sample(StrEnum):
    """A ready workspace that can be written."""

    company = "company"
    complete_journey = "complete-journey"


def check(workspace: WorkspaceOption = "", json: JsonOption = False) -> None:
    """Check the configuration and every mapped table against its contract."""
    from dataclasses import asdict

    from workbench.data.contracts import check_tables
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    reports = check_tables(opened)
    if json:
        print_json({"workspace": str(opened.root), "tables": [asdict(report) for report in reports]})
    else:
        _print_reports(opened, reports)
    if any(report.violations for report in reports):
        raise typer.Exit(1)


def sample(
    kind: Annotated[Sample, typer.Argument(metavar="SAMPLE", help="`company`: simulated, with its truth beside it.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write; replaced as a whole.")],
    json: JsonOption = False,
) -> None:
    """Write sample data."""
    from workbench.data.synthetic import write_sample

    write_sample(folder)
    print_json({"sample": kind.value, "path": str(folder.resolve())}) if json else print(folder.resolve())


def _print_reports(workspace: Workspace, reports: list[TableReport]) -> None:
    out = console()
    out.print(f"{workspace.root / 'workbench.toml'}: valid", markup=False, soft_wrap=True)
    for report in reports:
        state = "[red]broken[/red]" if report.violations else "[green]valid[/green]"
        out.print(f"{state}  {report.name}, {count(report.rows)} rows")
        for violation in report.violations:
            out.print(f"        {violation}", markup=False, soft_wrap=True)
