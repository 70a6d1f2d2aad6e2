"""`workbench compare`: two plans, or two worlds of one plan, side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

    from workbench.scenarios.comparison import Comparison

_SCENARIO = (
    "`latest`, `previous`, a plan's run id or its folder; add `:world` for one of the worlds it was prepared for, "
    "such as `latest:rival_leaves`."
)
FirstArgument = Annotated[str, typer.Argument(metavar="FIRST", help=_SCENARIO)]
SecondArgument = Annotated[str, typer.Argument(metavar="SECOND", help="Likewise.")]


def compare(
    first: FirstArgument = "previous",
    second: SecondArgument = "latest",
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """Show what the second scenario spends and brings otherwise than the first, and what they rest on that differs."""
    from workbench.runs.compare_plans import compare_plans
    from workbench.workspace import open_workspace

    found = compare_plans(open_workspace(workspace), first, second)
    print_json(_content(found)) if json else _print(found)


def _content(found: Comparison) -> dict[str, object]:
    tables = {name: _records(getattr(found, name)) for name in ("money", "by_channel", "by_market", "ground")}
    return {
        "first": found.first,
        "second": found.second,
        "currency": found.currency,
        "findings": found.findings,
        **tables,
    }


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {str(name): None if value != value else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _print(found: Comparison) -> None:
    from rich.markup import escape

    out = console()
    out.print(escape(f"first:  {found.first}\nsecond: {found.second}\n"))
    for sentence in found.findings:
        out.print(escape(sentence))
    by_channel = found.by_channel.assign(channel=found.by_channel["channel"].map(found.label))
    by_market = found.by_market.assign(market=found.by_market["market"].map(found.market_label))
    for frame, key in ((found.money, "quantity"), (by_channel, "channel"), (by_market, "market")):
        _print_rows([_spend_row(row, key, found.currency) for row in frame.to_dict("records")], key, "change")
    differing = found.ground[~found.ground["same"]]
    _print_rows([(row["what"], row["first"], row["second"]) for row in differing.to_dict("records")], "differs in")


def _spend_row(row: dict[Hashable, Any], key: str, currency: str) -> tuple[str, ...]:
    from workbench.wording import interval, money, percent, signed

    change = signed(row["change"], currency)
    if not math.isnan(row.get("change_lower", math.nan)):
        change += f" ({interval(row['change_lower'], row['change_upper'], currency)})"
    elif not math.isnan(row.get("relative_change", math.nan)):
        change += f" ({percent(row['relative_change'])})"
    return str(row[key]), money(row["first"], currency), money(row["second"], currency), change


def _print_rows(rows: list[tuple[str, ...]], key: str, *further: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(key, "first", "second", *further, box=None, pad_edge=False)
    for column in table.columns[1:] if further else ():
        column.justify = "right"
    for row in rows:
        table.add_row(*(escape(cell) or "–" for cell in row))
    console().print()
    console().print(table)
