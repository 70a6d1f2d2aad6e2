"""Numbers large enough to read across a table, each with its meaning and its uncertainty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Card:
    """One number: what it is, its value, and how sure it is, all as text."""

    name: str
    value: str
    detail: str


def cards(shown: Iterable[Card]) -> str:
    """Cards side by side as HTML; a screen reader speaks them when they change."""
    return f'<div role="status" aria-live="polite" class="wb-cards">{"".join(map(_card, shown))}</div>'


def warning(text: str) -> str:
    """Why the numbers may not be used, above all of them."""
    return f'<div role="alert" class="wb-warning">{escape(text)}</div>'


def _card(card: Card) -> str:
    return (
        f'<div class="wb-card"><div class="wb-card-name">{escape(card.name)}</div>'
        f'<div class="wb-card-value">{escape(card.value)}</div>'
        f'<div class="wb-card-detail">{escape(card.detail)}</div></div>'
    )
