"""The channels of a media mix in one table, a row each."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from workbench.mmm.result import MediaMixResult
from workbench.present.blocks import Column, Table
from workbench.present.columns import column_text
from workbench.present.display import Display
from workbench.wording import one

INTERVAL = "90% interval"
THOUSANDS_FROM = 1e5


def channel_table(result: MediaMixResult, caption: str = "") -> Display:
    """Spend, what it caused, what it returned and what the next unit of money would; the cost of a conversion where they are
    counted. Channels that caused most come first."""
    names = result.by_contribution
    columns = list(_columns(result, names))
    return Display(
        Table(
            columns=(Column(name="Channel"), *(Column(name=head, align="right") for head, _ in columns)),
            rows=tuple(zip([result.label(name) for name in names], *(cells for _, cells in columns), strict=True)),
            caption=caption,
            total_rows=len(names),
        )
    )


def _columns(result: MediaMixResult, names: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Heads and cells."""
    unit, currency = one(result.currency), result.currency
    heads = {"contribution": "Caused", "roas": f"Return per {unit}", "marginal_roas": f"Next {unit} returns"}
    if (result.estimates["quantity"] == "cost_per_kpi").any():
        heads["cost_per_kpi"] = "Cost per conversion"
    yield "Spent", _texts(_rows(result, "spend", names)["estimate"], currency)
    for quantity, head in heads.items():
        rows = _rows(result, quantity, names)
        n, texts = len(rows), _texts(pd.concat([rows["estimate"], rows["lower"], rows["upper"]]), currency)
        yield head, texts[:n]
        if quantity != "contribution":
            # What it caused has the interval of its return, times what was spent.
            yield INTERVAL, [f"{low} to {high}" for low, high in zip(texts[n : 2 * n], texts[2 * n :], strict=True)]


def _texts(amounts: pd.Series, currency: str) -> list[str]:
    """On one scale, in thousands where cents would hide the rest."""
    if amounts.max() < THOUSANDS_FROM:
        return column_text(list(amounts), currency)
    return [f"{text}k" for text in column_text(list(amounts / 1000), currency)]


def _rows(result: MediaMixResult, quantity: str, names: list[str]) -> pd.DataFrame:
    found: pd.DataFrame = result.estimates[result.estimates["quantity"] == quantity]
    return found.set_index("entity").reindex(names)
