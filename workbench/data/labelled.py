"""Channels and markets in a table's rows, called as reports call them."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import pandas as pd

from workbench.config import WorkspaceConfig
from workbench.config.labels import unmistakable

CHANNELS, MARKETS = ("acquisition_channel", "channel"), ("market",)

type Labels = Mapping[str, Mapping[str, str]]


def labelled(table: ibis.Table, config: WorkspaceConfig) -> ibis.Table:
    """The table with the labels that the workspace states; what has none keeps its name."""
    new = {}
    for column, labels in labels_of(config).items():
        called = {name: label for name, label in unmistakable(list(labels), labels).items() if name != label}
        if called and column in table.columns and table[column].type().is_string():
            new[column] = table[column].substitute(called)
    return table.mutate(**new) if new else table


def labelled_groups(groups: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """The same of groups that are compared, texts in columns: two groups never become one."""
    present = {column: groups[column].dropna().unique() for column in labels if column in groups}
    called = {column: unmistakable(list(names), labels[column]) for column, names in present.items()}
    return groups.assign(**{column: groups[column].map(names) for column, names in called.items()})


def labels_of(config: WorkspaceConfig) -> Labels:
    """What the workspace calls the values of columns that hold channels or markets."""
    channels = {name: channel.label for name, channel in config.channels.items()}
    markets = {name: market.label for name, market in config.markets.items()}
    return {**dict.fromkeys(CHANNELS, channels), **dict.fromkeys(MARKETS, markets)}
