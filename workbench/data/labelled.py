"""Channels and markets in a table's rows, called as reports call them."""

from __future__ import annotations

import ibis

from workbench.config import WorkspaceConfig
from workbench.config.labels import unmistakable

CHANNELS, MARKETS = ("acquisition_channel", "channel"), ("market",)


def labelled(table: ibis.Table, config: WorkspaceConfig) -> ibis.Table:
    """The table with the labels that the workspace states; what has none keeps its name."""
    channels = {name: channel.label for name, channel in config.channels.items()}
    markets = {name: market.label for name, market in config.markets.items()}
    new = {}
    for column, labels in [*((name, channels) for name in CHANNELS), *((name, markets) for name in MARKETS)]:
        called = {name: label for name, label in unmistakable(list(labels), labels).items() if name != label}
        if called and column in table.columns and table[column].type().is_string():
            new[column] = table[column].substitute(called)
    return table.mutate(**new) if new else table
