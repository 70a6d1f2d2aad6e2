"""The tables of a test of creatives: what to show next, what it brings, and what each part does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.experiments.result import ExperimentResult
from workbench.present.blocks import Column, Table
from workbench.present.display import Display, estimates_table
from workbench.present.metric_text import bounds_text, change_text, level_text
from workbench.wording import DASH, count, percent

TERMS = {"part": "Part", "pair": "Pair, beyond its parts", "segment": "Part in a segment, beyond all"}


def creative_tables(result: ExperimentResult) -> tuple[Display, ...]:
    """Shares of the next period (none from an invalid test), gains, and every part's effect."""
    known = set(result.estimates["quantity"])
    shown = [name for name in ("profit", "gain_per_unit", "best_creative") if name in known]
    gains = estimates_table(result, shown, caption="What showing them brings.")
    next_period = (allocation_table(result),) if len(result.allocation) else ()
    return (*next_period, gains, part_table(result))


def allocation_table(result: ExperimentResult) -> Display:
    """What was measured of each creative, what is expected of it, and its share of the next period, by segment."""
    shares = result.allocation
    texts = ("Segment", "Creative") if shares["segment"].nunique() > 1 else ("Creative",)
    heads = ("Shown", "Measured", "Expected", _interval(result), "Chance of best", "Share")
    rows = tuple(tuple(_allocation_cells(row))[2 - len(texts) :] for row in shares.to_dict("records"))
    caption = (
        "What each creative brought, what is expected after allowing for chance, how probably it is the best, and its share of "
        "the next period."
    )
    return _table(texts, heads, rows, caption)


def part_table(result: ExperimentResult) -> Display:
    """What parts change against the average creative, and what pairs and segments add to that."""
    rows = tuple(tuple(_part_cells(row)) for row in result.parts.to_dict("records"))
    heads = ("Seen by", "Change", _interval(result), "Chance of best")
    return _table(("Effect", "Factor", "Part"), heads, rows, "What each part changes against the average creative.")


def _table(
    texts: tuple[str, ...], numbers: tuple[str, ...], rows: tuple[tuple[str, ...], ...], caption: str
) -> Display:
    columns = (*(Column(name=name) for name in texts), *(Column(name=name, align="right") for name in numbers))
    return Display(Table(columns=columns, rows=rows, caption=caption, total_rows=len(rows)))


def _interval(result: ExperimentResult) -> str:
    return f"{percent(float(result.effects['level'].iloc[0]), 0)} interval"


def _allocation_cells(row: dict[Any, Any]) -> Iterator[str]:
    unit = str(row["unit"])
    yield str(row["segment"])
    yield str(row["creative"])
    yield count(row["units"])
    yield level_text(row["measured"], unit)
    yield level_text(row["expected"], unit)
    yield f"{level_text(row['expected_lower'], unit)} to {level_text(row['expected_upper'], unit)}"
    yield percent(row["probability_best"])
    yield percent(row["share"])


def _part_cells(row: dict[Any, Any]) -> Iterator[str]:
    unit, sure = str(row["unit"]), row["probability_best"]
    yield TERMS[row["term"]]
    yield str(row["factor"]).replace("_", " ")
    yield str(row["part"]) + (f" ({row['segment']})" if row["segment"] else "")
    yield count(row["units"])
    yield f"{_points(row['effect'])} points" if unit == "%" else change_text(row["effect"], unit)
    bounds = row["effect_lower"], row["effect_upper"]
    yield " to ".join(map(_points, bounds)) if unit == "%" else bounds_text(*bounds, unit)
    yield DASH if sure != sure else percent(sure)


def _points(fraction: float) -> str:
    """Hundredths of a percentage point, in every row alike, so that small effects look small."""
    return percent(fraction, 2).removesuffix("%")
