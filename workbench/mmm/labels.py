"""Channels and markets as reports call them: checks and charts of models that bear these names speak them too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from workbench.config import Channel
from workbench.config.labels import unmistakable
from workbench.data.panel import Panel
from workbench.mmm.response import ResponseModel

TITLE = "Media mix"


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What reports call each channel and market of a panel, in its order and by its own name; no two are called alike."""

    channels: dict[str, str]
    markets: dict[str, str]

    def on_panel(self, panel: Panel) -> Panel:
        """The same panel, of channels and markets that bear the labels."""
        return replace(panel, channels=tuple(self.channels.values()), markets=tuple(self.markets.values()))

    def on_response(self, response: ResponseModel) -> ResponseModel:
        """The same response, of channels and markets that bear the labels."""
        return replace(response, channels=tuple(self.channels.values()), markets=tuple(self.markets.values()))

    def on_channels(self, numbers: Mapping[str, float]) -> dict[str, float]:
        """Numbers by channel, by label."""
        return {self.channels[name]: number for name, number in numbers.items()}


def title_of(panel: Panel, market: str = "") -> str:
    """What a report on the panel is called: after the only market that was asked for, empty for all."""
    return f"{TITLE}: {panel.market_labels.get(market, market)}" if market else TITLE


def labels_of(panel: Panel, channels: Mapping[str, Channel]) -> Labels:
    """The labels that are stated, and else the names themselves."""
    stated = {name: channel.label for name, channel in channels.items()}
    return Labels(
        channels=unmistakable(panel.channels, stated), markets=unmistakable(panel.markets, panel.market_labels)
    )
