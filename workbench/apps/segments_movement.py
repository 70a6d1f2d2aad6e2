"""Movement between any two runs: what happened in words and money, and the matrix of who went where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

import ipywidgets as widgets
import numpy as np
import pandas as pd

from workbench.apps.answering import Progress, follow
from workbench.apps.controls import picker
from workbench.apps.page import Section, html, row, section
from workbench.apps.segments_bars import Bars, bars_chart, redraw
from workbench.apps.segments_moves import CAME, DOWN, GONE, SMALL, STAYED, UP, Moves, by_kind, moves_between
from workbench.apps.segments_saved import Run, comparable, small_rule, smallest_group, whole
from workbench.apps.segments_words import LEVEL, enumerated, listed, paragraph, told
from workbench.present.palette import PALETTE
from workbench.wording import count, money, percent, signed

TITLE = "Who moved between two runs"
CUSTOMERS, SHARE, VALUE = "Customers", "Share of the earlier segment", "Value now"
MEASURES = (CUSTOMERS, SHARE, VALUE)
LEAD = (
    "Customers of an earlier run, and where a later run finds them. Who moved up is in a segment whose customers are worth more. Changes "
    "are sums of what the models expect; how sure the totals are is said with them."
)
ONE_RUN = "There is one run to look at, so nothing has moved yet. After the next data came in: `workbench run segmentation`, then publish it."


def movement(runs: Sequence[Run], shown: Run) -> Section:
    """Two runs of choice, by default the one shown and the one before."""
    alike = comparable(runs, shown)
    if len(alike) < 2:
        return section(TITLE, html(paragraph(ONE_RUN)))
    first, last = opening([run.result.valued_at for run in alike], shown.result.valued_at)
    days = {f"{run.result.valued_at:%-d %B %Y}": at for at, run in enumerate(alike)}
    then, now = picker("From the customers of", days, first), picker("To those of", days, last)
    measure = picker("Numbers in the table", MEASURES, CUSTOMERS)
    said, matrix, progress, compare = html(), html(), Progress(), Compared()
    chart = bars_chart(flow_bars(compare(alike[first], alike[last]), alike[last]))
    shown_below = widgets.VBox([chart, matrix])

    def answer() -> None:
        shown_below.layout.display = "none" if then.value == now.value else None
        if then.value == now.value:
            said.value = paragraph("Choose two different days to see what moved between them.")
            return
        earlier, later = alike[max(then.value, now.value)], alike[min(then.value, now.value)]
        moves = compare(earlier, later)
        said.value = "".join(paragraph(text) for text in sentences(moves, earlier, later))
        matrix.value = matrix_table(moves, earlier, later, measure.value)
        redraw(chart, flow_bars(moves, later))

    answer()
    follow([then, now, measure], answer, progress=progress, doing="Counting who moved")
    return section(TITLE, row(then, now, measure), progress, said, shown_below, lead=LEAD)


class Compared:
    """Comparisons, each made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], Moves] = {}

    def __call__(self, earlier: Run, later: Run) -> Moves:
        key = (earlier.record.run_id, later.record.run_id)
        if key not in self._made:
            self._made[key] = moves_between(earlier, later)
        return self._made[key]


def opening(days: Sequence[date], shown: date) -> tuple[int, int]:
    """Which two days to begin with, the newest first: the one shown with the one before it, or after it where none is older."""
    at = days.index(shown)
    return (at + 1, at) if at + 1 < len(days) else (at, at - 1)


def sentences(moves: Moves, earlier: Run, later: Run) -> list[str]:
    """What happened, what it did to the value, and where the most went."""
    kinds = by_kind(moves).set_index("kind")
    currency, before, after = later.result.currency, whole(earlier), whole(later)
    days = f"Between {earlier.result.valued_at:%-d %B %Y} and {later.result.valued_at:%-d %B %Y}"
    values = (
        f"Expected value went from {told(before.value, before.lower, before.upper, currency)} to "
        f"{told(after.value, after.lower, after.upper, currency)}, each in {LEVEL}: {_told_kinds(kinds, currency)}."
    )
    first = (
        f"{days}, {_few(moves.came, later)} customers came, {_few(moves.gone, later)} went, and "
        f"{percent(moves.moved)} of those known at both times changed segment."
    )
    return [
        text for text in (first, values, largest(moves, currency), _caution(moves), _small_note(moves, later)) if text
    ]


def _few(customers: int, run: Run) -> str:
    return "no" if customers == 0 else count(customers) if customers >= smallest_group(run) else "few"


_DID = {
    CAME: "who came brought",
    UP: "moves up",
    STAYED: "those who stayed",
    DOWN: "moves down",
    GONE: "who went took along",
    SMALL: "small groups together",
}


def _told_kinds(kinds: pd.DataFrame, currency: str) -> str:
    return ", ".join(f"{_DID[str(kind)]} {signed(change, currency)}" for kind, change in kinds.change.items())


def largest(moves: Moves, currency: str, most: int = 3) -> str:
    """The pairs of segments between which most customers moved."""
    cells = moves.cells
    moved = cells[cells.kind.isin((UP, DOWN))].nlargest(most, "customers")
    if moved.empty:
        return ""
    parts = [
        f"{count(row['customers'])} from {row['before']} to {row['after']} "
        f"({signed(row['value_after'] - row['value_before'], currency)})"
        for row in moved.to_dict("records")
    ]
    return f"Most moved: {enumerated(parts)}."


def _caution(moves: Moves) -> str:
    if moves.frozen:
        return ""
    return "Cut-offs between the segments were made anew in between: whoever changed segment may have done nothing else than before."


def _small_note(moves: Moves, later: Run) -> str:
    return f"In the table, {small_rule(later)}." if moves.secret else ""


def flow_bars(moves: Moves, later: Run) -> Bars:
    """What each kind of move did to the expected value."""
    kinds, currency = by_kind(moves), later.result.currency
    texts = [
        f"{signed(change, currency)}, {count(customers)} customers"
        for change, customers in zip(kinds.change, kinds.customers, strict=True)
    ]
    none = np.full(len(kinds), np.nan)
    title = f"Change of expected value, next {later.result.span}"
    return Bars(
        names=kinds.kind.tolist(),
        values=kinds.change.to_numpy(dtype=float),
        lower=none,
        upper=none,
        texts=texts,
        title=title,
        unit=currency,
        alt=f"Bars. {title}: {listed(kinds.kind.tolist(), texts)}.",
    )


def matrix_table(moves: Moves, earlier: Run, later: Run, measure: str) -> str:
    """Segments of the earlier run by row, of the later one by column; the deeper the colour, the larger the share of the row."""
    texts = cell_texts(moves, earlier, later, measure)
    head = "".join(f'<th scope="col" class="wb-number">{escape(name)}</th>' for name in moves.after)
    body = "".join(
        f'<tr><th scope="row">{escape(before)}</th>{"".join(texts[before, after] for after in moves.after)}</tr>'
        for before in moves.before
    )
    caption = escape(
        f"{measure}: rows are segments on {earlier.result.valued_at:%-d %B %Y}, columns on {later.result.valued_at:%-d %B %Y}. "
        "Deeper colour: a larger share of the row. A dot: too few to show."
    )
    return (
        f'<div class="wb-table" tabindex="0" role="region" aria-label="{caption}"><table><caption>{caption}</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def cell_texts(moves: Moves, earlier: Run, later: Run, measure: str) -> dict[tuple[str, str], str]:
    """Each pair's cell as HTML."""
    pairs = [(before, after) for before in moves.before for after in moves.after]
    cells = dict.fromkeys(pairs, '<td class="wb-number">0</td>')
    cells |= dict.fromkeys(moves.secret, '<td class="wb-number" aria-label="too few to show">·</td>')
    cells[CAME, GONE] = '<td class="wb-number"></td>'
    sizes = earlier.result.segments.set_index("segment").customers.to_dict() | {CAME: moves.came}
    for cell in moves.cells.to_dict("records"):
        share = float(cell["customers"] / sizes[cell["before"]])
        texts = {
            CUSTOMERS: count(cell["customers"]),
            SHARE: percent(share, 0),
            VALUE: money(cell["value_after"], later.result.currency),
        }
        shade = f'style="background:{_shade(share)}"'
        cells[cell["before"], cell["after"]] = f'<td class="wb-number" {shade}>{escape(texts[measure])}</td>'
    return cells


def _shade(share: float) -> str:
    """From paper to the band's colour, on which text keeps its contrast."""
    paper, band = (
        np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) for colour in (PALETTE.paper, PALETTE.band)
    )
    mixed = paper + (band - paper) * min(max(share, 0.0), 1.0)
    return "#" + "".join(f"{round(part):02X}" for part in mixed)
