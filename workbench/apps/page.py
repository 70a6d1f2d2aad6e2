"""The page that every app shows: what it stands on, then its sections, in one look at any width."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.apps.cards import warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.apps.published import Published

_CSS = Path(__file__).parent / "front" / "page.css"


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading of its own."""

    view: widgets.VBox


def page(published: Published[Any] | None, *sections: Section | widgets.Widget) -> widgets.VBox:
    """What an app's last cell shows; the notebook's first cell holds the title and says in one sentence what the app is for.

    Args:
        published: What the page stands on; None for one that says so itself.
        sections: From top to bottom.
    """
    parts = [section.view if isinstance(section, Section) else section for section in sections]
    return _classed(widgets.VBox([widgets.HTML(_head(published)), *parts]), "wb-page")


def section(title: str, *children: widgets.Widget, lead: str = "") -> Section:
    """Widgets under a heading; `lead` is a plain sentence on how to read them."""
    text = f"<h2>{escape(title)}</h2>" + (f"<p>{escape(lead)}</p>" if lead else "")
    return Section(_classed(widgets.VBox([widgets.HTML(text), *children]), "wb-section"))


def row(*children: widgets.Widget) -> widgets.Box:
    """Small widgets, such as controls, side by side as the width allows."""
    return _classed(widgets.Box(list(children)), "wb-row")


def pair(*children: widgets.Widget) -> widgets.Box:
    """Large widgets, such as charts, side by side on a wide screen and below each other on a narrow one."""
    return _classed(widgets.Box(list(children)), "wb-pair")


def html(content: str = "") -> widgets.HTML:
    """A place for markup made of escaped text; assign `value` to change it."""
    return widgets.HTML(content)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str, numbers: Sequence[int] = ()) -> str:
    """A table of text as HTML, which scrolls in its own frame where a screen is narrow.

    Args:
        headings: One a column.
        rows: Text of every cell, already in words.
        caption: What the table shows.
        numbers: Columns that are set flush right.
    """
    classes = ['class="wb-number"' if column in numbers else "" for column in range(len(headings))]
    head = "".join(f'<th scope="col" {kind}>{escape(name)}</th>' for name, kind in zip(headings, classes, strict=True))
    body = "".join(f"<tr>{_cells(cells, classes)}</tr>" for cells in rows)
    return (
        f'<div class="wb-table" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(cells: Sequence[str], classes: Sequence[str]) -> str:
    first, *others = zip(cells, classes, strict=True)
    rest = "".join(f"<td {kind}>{escape(text)}</td>" for text, kind in others)
    return f'<th scope="row" {first[1]}>{escape(first[0])}</th>{rest}'


def _head(published: Published[Any] | None) -> str:
    """The look, which travels with the page so that JupyterLab shows it alike, and what the numbers stand on."""
    style = f"<style>{_CSS.read_text(encoding='utf-8')}</style>"
    if published is None:
        return style
    stamp = published.result.stamp
    return f"{style}{warning(stamp) if stamp else ''}{_standing(published)}"


def _standing(published: Published[Any]) -> str:
    record = published.record
    window = record.summary.window
    said = [f"<strong>{escape(published.workspace.config.workspace.name)}</strong>"]
    if window is not None:
        said.append(
            f"data of {window[0]:%-d %b %Y} to {window[1]:%-d %b %Y}{_age('data-until', window[1].isoformat())}"
        )
    if published.published_at is not None:
        said.append(f"published {published.published_at:%-d %b %Y, %H:%M} UTC")
    said.append(f"run {escape(record.run_id)}")
    return f'<p class="wb-stamp">{" · ".join(said)}</p>'


def _age(kind: str, day: str) -> str:
    """Filled in by the page: a kernel may have been waiting for its visitor since yesterday."""
    return f'<span {kind}="{day}"></span>'


def _classed[W: widgets.DOMWidget](widget: W, name: str) -> W:
    widget.add_class(name)
    return widget
