"""`workbench learnings`: what all tests so far have taught."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json

if TYPE_CHECKING:
    from workbench.runs.learning_record import Learning


class Verdict(StrEnum):
    """How a test can end."""

    ship = "ship"
    stop = "stop"
    keep_running = "keep running"
    inconclusive = "inconclusive"
    invalid = "invalid"


class Kind(StrEnum):
    """What a test is on."""

    users = "users"
    geo = "geo"
    creative = "creative"


TextArgument = Annotated[str, typer.Argument(metavar="TEXT", help="Words that a record must contain, anywhere.")]
TagOption = Annotated[str, typer.Option("--tag", help="Only tests with this tag.")]
ChannelOption = Annotated[str, typer.Option("--channel", help="Only tests of this media channel.")]
MarketOption = Annotated[str, typer.Option("--market", help="Only tests in this market.")]
OwnerOption = Annotated[str, typer.Option("--owner", help="Only tests that this owner decides.")]
VerdictOption = Annotated[Verdict | None, typer.Option("--verdict", help="Only tests that ended so.")]
AudienceOption = Annotated[str, typer.Option("--audience", help="Only tests on this audience.")]
KindOption = Annotated[Kind | None, typer.Option("--kind", help="Only tests of this kind.")]
AllOption = Annotated[bool, typer.Option("--all", help="Earlier readouts of a test too, not only its newest.")]


def learnings(
    text: TextArgument = "",
    tag: TagOption = "",
    channel: ChannelOption = "",
    market: MarketOption = "",
    owner: OwnerOption = "",
    verdict: VerdictOption = None,
    audience: AudienceOption = "",
    kind: KindOption = None,
    all: AllOption = False,
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """List what past tests found, the newest first."""
    from workbench.runs.learnings import filtered, learnings, newest_versions
    from workbench.workspace import open_workspace

    known = learnings(open_workspace(workspace).reports)
    chosen = filtered(
        known if all else newest_versions(known),
        text=text,
        tag=tag,
        channel=channel,
        market=market,
        owner=owner,
        verdict=verdict or "",
        audience=audience,
        kind=kind or "",
    )
    if json:
        print_json(chosen[::-1])
    elif chosen:
        _print_table(chosen[::-1])
    else:
        console().print(_nothing(known), markup=False)


def _print_table(records: list[Learning]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("test", "when", "verdict", "effect", "what it found, and what can be reused", pad_edge=False)
    for record in records:
        table.add_row(*(escape(cell) for cell in _cells(record)))
    console().print(table)


def _cells(record: Learning) -> tuple[str, ...]:
    labels = _TOLD | {"assumption": f"Assumption ({record.get('standing') or 'open'})"}
    facts = [f"{label}: {record[name]}" for name, label in labels.items() if record.get(name)]
    told = "\n".join([record.get("headline") or "", *facts])
    return record["experiment_id"], _when(record), record.get("verdict") or "", _effect(record), told


_TOLD = {
    "design": "Design",
    "channel": "Channel",
    "markets": "Markets",
    "hypothesis": "Hypothesis",
    "assumption": "Assumption",
    "reuse": "Reuse",
    "tags": "Tags",
    "owner": "Owner",
    "audience": "Audience",
}


def _when(record: Learning) -> str:
    return str(record.get("end") or record["recorded_at"][:10])


def _effect(record: Learning) -> str:
    from workbench.wording import interval, percent

    relative, lower, upper = (record.get(name) for name in ("relative", "relative_lower", "relative_upper"))
    if relative is None:
        return ""
    bounds = f"\n({interval(lower, upper, '%')})" if lower is not None and upper is not None else ""
    return f"{percent(relative)} {record.get('metric') or ''}{bounds}"


def _nothing(known: list[Learning]) -> str:
    if not known:
        return "no experiment has been read out yet; start with `workbench run experiment_readout`"
    return f"none of the {len(known)} records fits; leave a filter out"
