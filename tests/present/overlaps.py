"""Whether a chart can be read: no text lies on other text, none is cut off. For any test of a figure function."""

from __future__ import annotations

from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

TOLERANCE = 1.0


def unreadable_text(figure: Figure) -> list[str]:
    """One sentence for each pair of texts that overlap and each text that the page's edge cuts; empty if all is well.

    Args:
        figure: Any matplotlib figure; it is drawn, not changed otherwise. Overlap below one pixel is forgiven.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [(text.get_text(), _box(text, renderer)) for text in _visible_texts(figure)]
    page = figure.bbox
    cut = [f"{text!r} is cut off" for text, box in boxes if not _inside(box, page)]
    crossed = [
        f"{one!r} lies on {other!r}"
        for (one, first), (other, second) in combinations(boxes, 2)
        if _overlap(first, second)
    ]
    return cut + crossed


def _visible_texts(figure: Figure) -> list[Text]:
    hidden_ticks = {id(label) for axes in figure.axes for label in _ticks_outside(axes)}
    return [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden_ticks and _parents_visible(text)
    ]


def _parents_visible(text: Text) -> bool:
    return text.axes is None or (text.axes.get_visible() and (text.axes.axison or text in text.axes.texts))


def _ticks_outside(axes) -> list[Text]:
    """Labels of ticks beyond the axes' limits: matplotlib keeps them but doesn't draw them."""
    outside: list[Text] = []
    for axis in (axes.xaxis, axes.yaxis):
        drawn = {id(tick) for tick in axis._update_ticks()}
        for tick in (*axis.majorTicks, *axis.minorTicks):
            if id(tick) not in drawn:
                outside += [tick.label1, tick.label2]
    return outside


def _box(text: Text, renderer) -> Bbox:
    return Text.get_window_extent(text, renderer)


def _inside(box: Bbox, page: Bbox) -> bool:
    return (
        box.x0 >= page.x0 - TOLERANCE
        and box.y0 >= page.y0 - TOLERANCE
        and box.x1 <= page.x1 + TOLERANCE
        and box.y1 <= page.y1 + TOLERANCE
    )


def _overlap(first: Bbox, second: Bbox) -> bool:
    shared = Bbox.intersection(first, second)
    return shared is not None and shared.width > TOLERANCE and shared.height > TOLERANCE
