"""Two scenarios side by side, as a report shows them."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.present.display import Display, listed, table
from workbench.scenarios.comparison import Comparison


def comparison_displays(found: Comparison | None) -> Iterator[Display]:
    """Money, spend by channel and market, and what the two rest on that differs; nothing where nothing is compared."""
    if found is None:
        return
    yield listed(found.findings)
    columns = ["first", "second", "change", "change_lower", "change_upper"]
    yield table(
        found.money,
        caption=f"First: {found.first}; second: {found.second}. Spend, revenue that media cause, and profit after media (90% interval).",
        formats=dict.fromkeys(columns, found.currency),
    )
    by_channel = found.by_channel.assign(channel=found.by_channel["channel"].map(found.label))
    by_market = found.by_market.assign(market=found.by_market["market"].map(found.market_label))
    for frame, by in ((by_channel, "channel"), (by_market, "market")):
        yield table(
            frame,
            caption=f"Spend by {by} of both.",
            formats=dict.fromkeys(columns[:3], found.currency) | {"relative_change": "%"},
        )
    yield table(
        found.ground.loc[~found.ground["same"], ["what", "first", "second"]],
        caption="What the two rest on that differs; models, limits and data by their hashes.",
    )
