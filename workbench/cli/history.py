"""`workbench show` and `workbench report`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json
from workbench.errors import RunError

if TYPE_CHECKING:
    from workbench.runs import RunRecord

RunArgument = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run's id, a unique beginning of it, or `latest` for the newest finished."),
]


class Format(StrEnum):
    """What a report can be written as."""

    pdf = "pdf"
    html = "html"


def show(run: RunArgument, workspace: WorkspaceOption = "", json: JsonOption = False) -> None:
    """Show one run: what it was made by, what it found and its files."""
    from rich.table import Table

    from workbench.runs.history import find_run
    from workbench.runs.record import record_to_dict
    from workbench.workspace import open_workspace

    record = find_run(open_workspace(workspace), run)
    if json:
        print_json(record_to_dict(record))
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in _facts(record).items():
        if value:
            table.add_row(f"[bold]{name}", plain(value))
    console().print(table)


def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="As of `show`; left out with --pack.")] = "",
    format: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.pdf,
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Where to, else beside you.")] = None,
    pack: Annotated[bool, typer.Option("--pack", help="The board pack of the newest runs of all analyses.")] = False,
    since: Annotated[
        str, typer.Option("--since", metavar="PACK", help="The pack to compare with, else the last.")
    ] = "",
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """Write the report of a finished run again, as PDF or HTML; or with --pack the board pack, kept in `reports/packs/`."""
    if pack:
        _report_pack(run, format, output, since, workspace, json)
        return
    if since or not run:
        raise RunError(
            "--since goes with --pack" if since else "name a run, `latest`, or give --pack for the board pack"
        )
    from workbench.present.house import house_of
    from workbench.runs.history import find_run
    from workbench.runs.record import record_to_dict
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    record = find_run(opened, run)
    notebook = (record.path or Path()) / "notebook.ipynb"
    if record.status != "finished" or not notebook.is_file():
        raise RunError(f"run {record.run_id} is {record.status} ({record.trigger}) and has no report; run its notebook")
    from workbench.present.export import export_html, export_pdf

    path = (output or Path(f"{record.run_id}.{format}")).resolve()
    write = export_pdf if format is Format.pdf else export_html
    write(notebook, path, run=record_to_dict(record), house=house_of(opened))
    print_json({"run_id": record.run_id, "path": str(path)}) if json else print(path)


def _report_pack(run: str, format: Format, output: Path | None, since: str, workspace: str, json: bool) -> None:
    """The pack is kept whole in the workspace; `output` is a copy of its PDF or HTML."""
    if run:
        raise RunError(f"a board pack is made of the newest runs of all analyses; leave {run!r} out")
    from workbench.runs.board_pack import copy_of, write_board_pack
    from workbench.workspace import open_workspace

    folder = write_board_pack(open_workspace(workspace), since=since)
    path = copy_of(folder, format.value, output) if output else folder / f"pack.{format}"
    print_json({"pack_id": folder.name, "path": str(path)}) if json else print(path)


def print_finished(record: RunRecord) -> None:
    """What a person reads after a run."""
    summary, out = record.summary, console()
    out.print(f"{record.run_id} finished in {record.seconds:.0f} s", markup=False)
    if summary.headline:
        out.print(summary.headline, markup=False)
    if summary.analysis:
        out.print(f"checks: {summary.checks_passed} passed, {summary.checks_failed} failed")
    out.print(str((record.path or "") and record.path / "report.pdf"), markup=False, soft_wrap=True)  # type: ignore[operator]


def _facts(record: RunRecord) -> dict[str, str]:
    summary, origin = record.summary, record.origin
    counted = f"{summary.checks_passed} passed, {summary.checks_failed} failed"
    return {
        "run": record.run_id,
        "status": record.status,
        "reason": record.reason,
        "started": f"{record.started_at:%Y-%m-%d %H:%M:%S} UTC ({record.seconds:.0f} s, {record.trigger})",
        "parameters": "\n".join(f"{name} = {value!r}" for name, value in record.parameters.items()),
        "headline": summary.headline,
        "checks": counted if summary.analysis else "",
        "data": " to ".join(day.isoformat() for day in summary.window or ()),
        "reads": "\n".join(record.parents),
        "inputs": ", ".join(f"{name} {value[:12]}" for name, value in summary.inputs.items()),
        "batch": record.batch,
        "commit": origin.commit,
        "versions": f"workbench {origin.package}, Python {origin.python}" if origin.package else "",
        "folder": str(record.path or ""),
        "files": "\n".join(f"{item.path} ({item.size_bytes:,} bytes)" for item in record.artefacts),
    }


def plain(text: str) -> str:
    """Text in which square brackets are no markup."""
    from rich.markup import escape

    return escape(text)
