"""The edges of what a chart may be given: how many names, how long, in which script, how much, over how many weeks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from workbench.result import Check, Estimate, Result, estimates_frame

LATIN = ("TV", "Paid search", "Social", "Radio", "Out of home", "Affiliates")
HEBREW = ("טלוויזיה", "חיפוש ממומן", "רשתות חברתיות", "רדיו 99FM", "שילוט חוצות (ת״א)")
ARABIC = ("تلفزيون", "البحث المدفوع", "وسائل التواصل", "راديو", "لوحات الطرق (2)")
CHINESE = ("电视广告频道", "付费搜索", "社交媒体", "テレビ広告", "라디오 광고")
# Sixty letters each.
LONG = "Connected television and online video, northern region, n. "


@dataclass(frozen=True)
class Edge:
    """What a chart is given.

    Attributes:
        count: How many channels, segments, metrics and so on.
        names: What they are called; numbered where they are too few.
        scale: Size of a typical amount.
        weeks: Length of a history and of a plan.
        signed: Whether amounts are also negative and zero.
        known: Whether intervals are known.
    """

    count: int = 5
    names: tuple[str, ...] = LATIN
    scale: float = 1e5
    weeks: int = 52
    signed: bool = False
    known: bool = True

    @property
    def entities(self) -> list[str]:
        """`count` different names."""
        return [
            f"{self.names[i % len(self.names)]}{f' {i}' if i >= len(self.names) or self.names == (LONG,) else ''}"
            for i in range(self.count)
        ]

    @property
    def dates(self) -> pd.DatetimeIndex:
        return pd.date_range("2020-01-06", periods=self.weeks, freq="7D")

    def fewer(self, most: int) -> Edge:
        return replace(self, count=min(self.count, most))

    def amounts(self, size: int, scale: float | None = None, seed: int = 1) -> np.ndarray:
        """Amounts of money, some hundred times as large as others; the first nothing, and every third a loss if `signed`."""
        amounts = (scale or self.scale) * np.random.default_rng(seed).lognormal(0, 1.2, size)
        if not self.signed:
            return amounts
        sign = np.where(np.arange(size) % 3 == 1, -1.0, 1.0)
        sign[0] = 0.0
        return amounts * sign

    def shares(self, size: int, seed: int = 2) -> np.ndarray:
        """Positive, they add up to one."""
        return np.random.default_rng(seed).dirichlet(np.ones(size))

    def around(self, middle: Any, spread: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
        """Ends of intervals; not a number where they aren't known."""
        half = spread * np.abs(np.asarray(middle, dtype=float)) + 1e-3 * self.scale * (not self.known)
        if not self.known:
            half = np.full_like(half, np.nan)
        return middle - half, middle + half

    def ranged(self, frame: pd.DataFrame, column: str, prefix: str | None = None) -> pd.DataFrame:
        """With `_lower` and `_upper` of a column, or of another name, or `lower` and `upper` if that is empty."""
        lower, upper = self.around(frame[column].to_numpy(dtype=float))
        name = column if prefix is None else prefix
        ends = (f"{name}_lower", f"{name}_upper") if name else ("lower", "upper")
        return frame.assign(**dict(zip(ends, (lower, upper), strict=True)))


EDGES = {
    "usual": Edge(),
    "one": Edge(count=1),
    "forty": Edge(count=40),
    "twenty-five": Edge(count=25),
    "long names": Edge(names=(LONG,)),
    "Hebrew": Edge(names=HEBREW),
    "Arabic": Edge(names=ARABIC),
    "Chinese": Edge(names=CHINESE),
    "losses and nothing": Edge(signed=True),
    "huge": Edge(scale=1e12),
    "tiny": Edge(scale=1e-6),
    "one week": Edge(weeks=1),
    "two weeks": Edge(weeks=2),
    "ten years": Edge(weeks=520),
    "no intervals": Edge(known=False),
}
TOGETHER = {
    "forty long names, huge, ten years": Edge(count=40, names=(LONG,), scale=1e12, weeks=520),
    "one name, tiny, one week": Edge(count=1, scale=1e-6, weeks=1),
    "Hebrew and Arabic, losses, two weeks": Edge(count=7, names=(*HEBREW, *ARABIC), signed=True, weeks=2),
    "twenty-five Chinese names, no intervals": Edge(count=25, names=CHINESE, known=False),
}


def stand_in(estimates: list[Estimate] | None = None, checks: tuple[Check, ...] = (), **fields: Any) -> Any:
    """What a chart reads of a result: the fields that are given, and `estimate` and `label` as results have them."""
    result = Result(title="Gallery", estimates=estimates_frame(estimates or []), checks=checks)
    labels = {"label": str, "market_label": str, "currency": "EUR"}
    return SimpleNamespace(
        **labels | {"estimate": result.estimate, "estimates": result.estimates, "checks": checks} | fields
    )


def told(edge: Edge, quantity: str, entity: str, value: float) -> Estimate:
    lower, upper = (float(end) for end in edge.around(value))
    return Estimate(quantity=quantity, entity=entity, estimate=float(value), lower=lower, upper=upper, level=0.9)
