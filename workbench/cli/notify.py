"""`workbench notify`: the channels of `[[notify]]`, what hasn't arrived there, a test, and another try."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json
from workbench.errors import RunError

if TYPE_CHECKING:
    from workbench.runs.record import RunRecord
    from workbench.telling.outbox import Letter, Outbox
    from workbench.workspace import Workspace

commands = typer.Typer(no_args_is_help=True, help="Who is told of runs, and what has not arrived.")


@commands.command("list")
def list_(workspace: WorkspaceOption = "", json: JsonOption = False) -> None:
    """List the channels, and the messages that haven't arrived."""
    opened, outbox = _opened(workspace)
    channels = [each.model_dump(mode="json") for each in opened.config.notify]
    letters = outbox.undelivered()
    if json:
        print_json({"channels": channels, "undelivered": [_plain(letter) for letter in letters]})
        return
    _print_channels(channels)
    if letters:
        _print_letters(letters)


@commands.command("test")
def send_test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A channel of workbench.toml.")],
    workspace: WorkspaceOption = "",
) -> None:
    """Send a test message through a channel, at once."""
    from workbench.telling.tell import try_out

    opened, _ = _opened(workspace)
    known = {channel.name: channel for channel in opened.config.notify}
    if name not in known:
        raise RunError(f"there is no channel {name!r}; known are {', '.join(known)}")
    failed = 0
    for reference, why in try_out(known[name], opened):
        failed += bool(why)
        print(f"{reference}: {why or 'sent'}")
    if failed:
        raise RunError(f"{failed} of {len(known[name].to)} addresses of {name} took no message; see above")


@commands.command("send")
def send(workspace: WorkspaceOption = "") -> None:
    """Tell of runs whose supervisor died, and send what hasn't arrived, if its time has come; a scheduler does so by itself."""
    from workbench.runs.ledger import Ledger
    from workbench.telling.tell import PATIENCE, deliver, write_down_lost

    opened, outbox = _opened(workspace)
    write_down_lost(opened, Ledger.of(opened), outbox, datetime.now(UTC))
    failed = deliver(opened, outbox, seconds=PATIENCE)
    for letter, why in failed:
        print(f"{letter.channel}: {letter.title}: {why}")
    left = len(outbox.undelivered())
    print(f"{left} messages haven't arrived yet" if left else "all messages have arrived")


def tell(workspace: Workspace, *records: RunRecord) -> None:
    """Tell whoever wants to know of runs that have ended; what doesn't get away is one line on standard error."""
    if not workspace.config.notify:
        return
    from workbench.telling.tell import tell_of_runs

    problem = tell_of_runs(workspace, records)
    if problem:
        console(stderr=True).print(f"workbench: {problem}", markup=False, soft_wrap=True)


def _opened(workspace: str) -> tuple[Workspace, Outbox]:
    from workbench.runs.ledger import Ledger
    from workbench.telling.outbox import Outbox
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    if not opened.config.notify:
        raise RunError(f"{opened.root / 'workbench.toml'} has no [[notify]]; declare there who is told of what")
    return opened, Outbox(Ledger.of(opened))


def _plain(letter: Letter) -> dict[str, Any]:
    return {name: value for name, value in asdict(letter).items() if name not in ("body", "attachment")}


def _print_channels(channels: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table("channel", "to", "told of", "notebooks", "at most an hour", box=None, pad_edge=False)
    for each in channels:
        notebooks = ", ".join(each["notebooks"]) or "all"
        table.add_row(each["name"], ", ".join(each["to"]), ", ".join(each["on"]), notebooks, str(each["at_most"]))
    console().print(table)


def _print_letters(letters: list[Letter]) -> None:
    from rich.table import Table

    table = Table("not arrived", "to", "tries", "next (UTC)", "why", box=None, pad_edge=False)
    for each in letters:
        next_try = "given up" if each.state == "given_up" else each.not_before[:16].replace("T", " ")
        table.add_row(each.title, f"{each.channel} ({each.reference})", str(each.attempts), next_try, each.why or "–")
    console().print()
    console().print(table)
