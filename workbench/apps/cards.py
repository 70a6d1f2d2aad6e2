"""Numbers large enough to read across a table, each with its meaning and its uncertainty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from workbench.present.palette import PALETTE

_ROW = "display:flex;flex-wrap:wrap;gap:.75rem;margin:.5rem 0"
_CARD = f"border:1px solid {PALETTE.grid};border-radius:6px;padding:.6rem .9rem;min-width:11rem;flex:1;line-height:1.35"
_WARNING = f"background:{PALETTE.negative};border-radius:6px;color:{PALETTE.paper};font-weight:600;padding:.6rem .9rem"
_SMALL = f"color:{PALETTE.muted};font-size:.85rem"
_LARGE = f"color:{PALETTE.ink};font-size:1.5rem;font-weight:600"


@dataclass(frozen=True)
class Card:
    """One number: what it is, its value, and how sure it is, all as text."""

    name: str
    value: str
    detail: str


def cards(shown: Iterable[Card]) -> str:
    """Cards side by side as HTML; a screen reader speaks them when they change."""
    return f'<div role="status" aria-live="polite" style="{_ROW}">{"".join(map(_card, shown))}</div>'


def warning(text: str) -> str:
    """Why the numbers may not be used, above all of them."""
    return f'<div role="alert" style="{_WARNING}">{escape(text)}</div>'


def _card(card: Card) -> str:
    return (
        f'<div style="{_CARD}"><div style="{_SMALL}">{escape(card.name)}</div>'
        f'<div style="{_LARGE}">{escape(card.value)}</div><div style="{_SMALL}">{escape(card.detail)}</div></div>'
    )
