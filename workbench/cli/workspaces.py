"""`workbench check` and `workbench sample`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json
from workbench.errors import ConfigError
from workbench.wording import count

if TYPE_CHECKING:
    from workbench.contracts import TableReport
    from workbench.workspace import Workspace


class Sample(StrEnum):
    """Data that can be written."""

    company = "company"
    complete_journey = "complete-journey"


def check(workspace: WorkspaceOption = "", json: JsonOption = False) -> None:
    """Check the configuration, every mapped table against its contract, what plans rest on, and how goals are set."""
    from dataclasses import asdict

    from workbench.contracts import check_tables
    from workbench.present.house import house_of
    from workbench.runs.goal_report import check_goals
    from workbench.runs.planning_report import check_planning
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    house_of(opened)
    reports = check_tables(opened)
    if not any(report.problems for report in reports) and (planning := check_planning(opened)):
        reports.append(planning)
    if opened.config.goals and not any(report.problems for report in reports):
        reports.append(check_goals(opened))
    if json:
        print_json(
            {"workspace": str(opened.root), "files": _files(opened), "checks": [asdict(report) for report in reports]}
        )
    else:
        _print_reports(opened, reports)
    if any(report.problems for report in reports):
        raise typer.Exit(1)


def sample(
    kind: Annotated[Sample, typer.Argument(metavar="SAMPLE", help="`company` or `complete-journey`.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder to write.")],
    json: JsonOption = False,
) -> None:
    """Write sample data: a simulated company with its truth beside it, or real groceries as a ready workspace."""
    if folder.resolve() == Path.cwd():
        raise ConfigError(f"{folder} is the folder that you are in, which can't be replaced; name a new one")
    if kind is Sample.company:
        from workbench.data.synthetic import write_sample

        write_sample(folder)
    else:
        from workbench.data.complete_journey import write_complete_journey

        write_complete_journey(folder)
    print_json({"sample": kind.value, "path": str(folder.resolve())}) if json else print(folder.resolve())


def _print_reports(workspace: Workspace, reports: list[TableReport]) -> None:
    from rich.markup import escape

    out = console()
    for file in _files(workspace):
        out.print(f"[green]valid[/green]   {escape(file)}", soft_wrap=True)
    for report in reports:
        state = "[red]broken[/red]" if report.problems else "[green]valid[/green] "
        out.print(f"{state}  {report.name}{_described(report)}", soft_wrap=True)
        for problem in report.problems:
            out.print(f"        {problem}", markup=False, soft_wrap=True)
        for note in report.notes:
            out.print(f"        {note}", markup=False, soft_wrap=True)


def _files(workspace: Workspace) -> list[str]:
    from workbench.config import CONFIG_FILE, experiment_files

    return [str(workspace.root / CONFIG_FILE), *map(str, experiment_files(workspace.root).values())]


def _described(report: TableReport) -> str:
    facts = [
        "" if report.rows is None else f"{count(report.rows)} rows",
        f"{count(report.left_out)} left out by the filter" if report.left_out else "",
        f"{count(report.erased)} of erased customers left out" if report.erased else "",
        report.period,
    ]
    return "".join(f", {fact}" for fact in facts if fact)
