"""The tables of a readout, by the kind of test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.experiments.result import ExperimentResult
from workbench.present.blocks import Column, Table
from workbench.present.display import Display, estimates_table, table
from workbench.wording import DASH, count, in_unit, interval, number, percent


def readout_tables(result: ExperimentResult) -> tuple[Display, ...]:
    """Every effect with its interval, and how the verdict came about; for creatives, what to show next."""
    effects = effect_table(result) if result.kind == "users" else estimates_table(result, caption="All estimates.")
    decisions = table(
        result.decisions, caption="The verdict on each treatment, the gate that decided it, and what would change it."
    )
    return (allocation_table(result), effects, decisions) if len(result.allocation) else (effects, decisions)


def allocation_table(result: ExperimentResult) -> Display:
    """What was measured of each creative, what is expected of it, and its share of the next period, by segment."""
    shares = result.allocation
    several = shares["segment"].nunique() > 1
    level = percent(float(shares["level"].iloc[0]), 0)
    heads = ("Shown", "Measured", "Expected", f"{level} interval", "Best with", "Share")
    texts = ("Segment", "Creative") if several else ("Creative",)
    rows = tuple(tuple(_allocation_cells(row))[2 - len(texts) :] for row in shares.to_dict("records"))
    return Display(
        Table(
            columns=(*(Column(name=name) for name in texts), *(Column(name=name, align="right") for name in heads)),
            rows=rows,
            caption="What each creative brought, what is expected after allowing for chance, how probably it is the best, and its "
            "share of the next period.",
            total_rows=len(rows),
        )
    )


def _allocation_cells(row: dict[Any, Any]) -> Iterator[str]:
    unit = str(row["unit"])
    yield str(row["segment"])
    yield str(row["creative"])
    yield count(row["units"])
    yield _level(row["measured"], unit)
    yield _level(row["expected"], unit)
    yield f"{_level(row['expected_lower'], unit)} to {_level(row['expected_upper'], unit)}"
    yield percent(row["probability_best"])
    yield percent(row["share"])


def effect_table(result: ExperimentResult) -> Display:
    """Level in both arms, absolute and relative change with their intervals, and the p-value that decides.

    Primary metrics show the p-value after correction for several comparisons, others their own.
    """
    effects = result.effects
    level = percent(float(effects["level"].iloc[0]), 0)
    heads = ["Control", "Treated", "Change", f"{level} interval", "Relative", f"{level} interval", "p"]
    if effects["variance_reduction"].notna().any():
        heads.append("Noise removed")
    rows = tuple(tuple(_cells(row))[: 2 + len(heads)] for row in effects.to_dict("records"))
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


def _cells(row: dict[Any, Any]) -> Iterator[str]:
    unit, reduced = str(row["unit"]), row["variance_reduction"]
    yield str(row["variant"])
    yield str(row["metric"]).replace("_", " ") + ("" if row["role"] == "secondary" else f" ({row['role']})")
    yield _level(row["control"], unit)
    yield _level(row["treatment"], unit)
    yield _change(row["absolute"], unit)
    yield _bounds(row["absolute_lower"], row["absolute_upper"], unit)
    yield percent(row["relative"])
    yield interval(row["relative_lower"], row["relative_upper"], "%")
    yield _p_value(row["p_value"] if row["p_adjusted"] != row["p_adjusted"] else row["p_adjusted"])
    yield DASH if reduced != reduced else percent(reduced, 0)


def _level(value: float, unit: str) -> str:
    return percent(value, 2) if unit == "%" else in_unit(value, unit)


def _change(value: float, unit: str) -> str:
    return f"{number(100 * value, 2)} points" if unit == "%" else in_unit(value, unit)


def _bounds(lower: float, upper: float, unit: str) -> str:
    if unit == "%":
        return f"{number(100 * lower, 2)} to {number(100 * upper, 2)}"
    return interval(lower, upper, unit)


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
