"""The tables of a readout, by the kind of test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.experiments.result import ExperimentResult
from workbench.present.blocks import Column, Table
from workbench.present.creative_tables import creative_tables
from workbench.present.display import Display, estimates_table, table
from workbench.present.metric_text import bounds_text, change_text, level_text
from workbench.wording import interval, percent


def readout_tables(result: ExperimentResult) -> tuple[Display, ...]:
    """Every effect with its interval, and how the verdict came about; for creatives, what to show next."""
    if result.kind == "creative":
        return (*creative_tables(result), _decisions(result))
    effects = effect_table(result) if result.kind == "users" else estimates_table(result, caption="All estimates.")
    return effects, _decisions(result)


def effect_table(result: ExperimentResult) -> Display:
    """Level in both arms, absolute and relative change with their intervals, and the p-value that decides.

    Primary metrics show the p-value after correction for several comparisons, others their own.
    """
    effects = result.effects
    level = percent(float(effects["level"].iloc[0]), 0)
    heads = ("Control", "Treated", "Change", f"{level} interval", "Relative", f"{level} interval", "p")
    rows = tuple(tuple(_cells(row)) for row in effects.to_dict("records"))
    return Display(
        Table(
            columns=(
                Column(name="Treatment"),
                Column(name="Metric"),
                *(Column(name=head, align="right") for head in heads),
            ),
            rows=rows,
            caption="Every metric of every treatment against the control; p of primary metrics is corrected for their number.",
            total_rows=len(rows),
        )
    )


def _decisions(result: ExperimentResult) -> Display:
    decisions = result.decisions.assign(decided_by=result.decisions.decided_by.str.replace("_", " "))
    return table(
        decisions, caption="The verdict on each treatment, the gate that decided it, and what would change it."
    )


def _cells(row: dict[Any, Any]) -> Iterator[str]:
    unit = str(row["unit"])
    yield str(row["variant"])
    yield str(row["metric"]).replace("_", " ") + ("" if row["role"] == "secondary" else f" ({row['role']})")
    yield level_text(row["control"], unit)
    yield level_text(row["treatment"], unit)
    yield change_text(row["absolute"], unit)
    yield bounds_text(row["absolute_lower"], row["absolute_upper"], unit)
    yield percent(row["relative"])
    yield interval(row["relative_lower"], row["relative_upper"], "%")
    yield _p_value(row["p_value"] if row["p_adjusted"] != row["p_adjusted"] else row["p_adjusted"])


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
