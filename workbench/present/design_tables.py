"""The tables of a planned test: metrics, costs and readings, or the designs on markets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.experiments.design import DesignResult
from workbench.present.blocks import Column, Table
from workbench.present.display import Display, table
from workbench.present.metric_text import level_text
from workbench.wording import DASH, count, money, number, percent


def design_tables(result: DesignResult) -> tuple[Display, ...]:
    """Every number of the plan."""
    if result.kind == "geo":
        return (_markets(result),)
    return _metrics(result), _costs(result), _readings(result)


def _metrics(result: DesignResult) -> Display:
    rows = tuple(tuple(_metric_cells(row)) for row in result.metrics.to_dict("records"))
    heads = ("In history", "Deviation", "Saved by history", "To find", "Users", "Found by the plan", "Chance")
    return Display(
        Table(
            columns=(Column(name="Metric"), *(Column(name=head, align="right") for head in heads)),
            rows=rows,
            caption="What each metric needs, and what the plan finds of it. Of a guardrail: the worsening to rule out.",
            total_rows=len(rows),
        )
    )


def _metric_cells(row: dict[Any, Any]) -> Iterator[str]:
    unit = str(row["unit"])
    yield str(row["metric"]).replace("_", " ") + ("" if row["role"] == "secondary" else f" ({row['role']})")
    yield level_text(row["level"], unit)
    yield level_text(row["sd"], unit)
    yield percent(row["variance_reduction"], 0)
    yield percent(row["target"])
    yield _users(row["units_needed"])
    yield percent(row["smallest"])
    yield percent(row["power"], 0)


def _costs(result: DesignResult) -> Display:
    rows = tuple(
        (
            percent(row["effect"]),
            _users(row["units"]),
            _weeks(row["weeks"]),
            money(row["cost"], result.currency),
            money(row["gain"], result.currency),
        )
        for row in result.costs.to_dict("records")
    )
    heads = ("Change to find", "Users", "Weeks", "Cost", "Earned in the test")
    return Display(
        Table(
            columns=tuple(Column(name=head, align="right") for head in heads),
            rows=rows,
            caption="What smaller and larger changes of the deciding metric take, guardrails included.",
            total_rows=len(rows),
        )
    )


def _readings(result: DesignResult) -> Display:
    rows = tuple(
        (
            f"{row['reading']} (planned)" if row["planned"] else str(row["reading"]),
            _users(row["units_needed"]),
            f"{number(row['inflation'])}×",
            _users(row["expected_units"]),
        )
        for row in result.readings.to_dict("records")
    )
    heads = ("Users", "Against once", "Users on average if the change is there")
    return Display(
        Table(
            columns=(Column(name="Read"), *(Column(name=head, align="right") for head in heads)),
            rows=rows,
            caption="What each way of reading the test takes, and when it ends on average if it stops at its first claim.",
            total_rows=len(rows),
        )
    )


def _markets(result: DesignResult) -> Display:
    columns = ["rank", "markets", "weeks", "share", "minimum_lift", "budget", "power", "false_positive_rate"]
    names = {"share": "share of KPI", "minimum_lift": "lift seen", "false_positive_rate": "false alarms"}
    shown = result.markets[columns].assign(markets=result.markets.markets.str.replace(";", ", ")).rename(columns=names)
    return table(
        shown,
        caption="The designs to choose from, the one that needs the smallest effect first.",
        formats={"share of KPI": "%", "lift seen": "%", "power": "%", "false alarms": "%", "budget": result.currency},
    )


def _users(units: float) -> str:
    return count(units) if units < float("inf") else DASH


def _weeks(weeks: float) -> str:
    return number(weeks, 2) if weeks < float("inf") else "never"
