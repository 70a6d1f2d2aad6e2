"""The house's colours by role: safe for colour blindness, dark enough for text on white.

Colour never carries a message alone: labels, signs and words do.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Hex colours by what they stand for.

    Attributes:
        ink: Text and axes' labels.
        muted: Secondary text, references, context series.
        accent: The one series a chart is about.
        positive: Gains, passed checks.
        negative: Losses, failed checks.
        band: Fill of an interval.
        grid: Grid lines and table rules.
        paper: Background.
        categorical: Series in a fixed order; the first is the accent.
    """

    ink: str = "#1C2733"
    muted: str = "#5B6770"
    accent: str = "#1F5A96"
    positive: str = "#11766E"
    negative: str = "#C2410C"
    band: str = "#C9DAEA"
    grid: str = "#DDE2E7"
    paper: str = "#FFFFFF"
    categorical: tuple[str, ...] = (
        "#1F5A96",
        "#B84A12",
        "#2A9187",
        "#7A3B78",
        "#B5840A",
        "#55616C",
        "#5A97D0",
        "#3F1F14",
    )


PALETTE = Palette()
