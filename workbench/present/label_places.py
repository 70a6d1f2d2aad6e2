"""Labels at the marks of a chart moved apart where they would lie on each other, on ticks or on headlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.present.style import POINTS_PER_INCH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROUNDS = 60
# Pixels.
TOUCHING, GAP = 0.5, 1.0


@dataclass
class Written:
    """A text of a chart and the box that it takes, pixels from the lower left corner; `label` if it may be moved."""

    left: float
    bottom: float
    right: float
    top: float
    label: Any = None

    def over(self, other: Written) -> float:
        """By how many pixels of height two texts lie on each other; 0 if they don't."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.top, other.top) - max(self.bottom, other.bottom)
        return high if wide > TOUCHING and high > TOUCHING else 0.0

    def move(self, x: float, y: float) -> None:
        """Move the box."""
        self.left, self.right = self.left + x, self.right + x
        self.bottom, self.top = self.bottom + y, self.top + y


def part_labels(figure: Figure) -> bool:
    """Move the labels of a chart that is laid out as little up, down or inside as keeps each readable; whether any was moved."""
    from matplotlib.text import Annotation

    labels = [
        _written(text, text)
        for ax in figure.axes
        if ax.get_visible()
        for text in ax.texts
        if isinstance(text, Annotation) and text.get_text().strip()
    ]
    if not labels:
        return False
    fixed = _fixed(figure)
    before = [(label.left, label.bottom) for label in labels]
    edges = figure.bbox
    for _ in range(ROUNDS):
        if not sum(_pushed(i, labels, fixed) for i in range(len(labels))) and not _kept_inside(labels, edges):
            break
    _kept_inside(labels, edges)
    moved = [
        (label, label.left - left, label.bottom - bottom)
        for label, (left, bottom) in zip(labels, before, strict=True)
        if abs(label.left - left) > TOUCHING or abs(label.bottom - bottom) > TOUCHING
    ]
    points = POINTS_PER_INCH / figure.dpi
    for label, x, y in moved:
        at_x, at_y = label.label.xyann
        label.label.xyann = (at_x + points * x, at_y + points * y)
    return bool(moved)


def _pushed(index: int, labels: list[Written], fixed: list[Written]) -> int:
    """Move a label away from what it lies on, half the way where the other moves too; how many it lay on."""
    label, found = labels[index], 0
    for other in labels[index + 1 :]:
        if over := label.over(other):
            found += 1
            up = (label.bottom + label.top) > (other.bottom + other.top)
            half = (over + GAP) / 2 if up else -(over + GAP) / 2
            label.move(0.0, half)
            other.move(0.0, -half)
    for other in fixed:
        if over := label.over(other):
            found += 1
            up = (label.bottom + label.top) >= (other.bottom + other.top)
            label.move(0.0, over + GAP if up else -(over + GAP))
    return found


def _kept_inside(labels: list[Written], edges: Any) -> bool:
    moved = False
    for label in labels:
        x = max(0.0, edges.x0 - label.left) - max(0.0, label.right - edges.x1)
        y = max(0.0, edges.y0 - label.bottom) - max(0.0, label.top - edges.y1)
        if abs(x) > TOUCHING or abs(y) > TOUCHING:
            label.move(x, y)
            moved = True
    return moved


def _fixed(figure: Figure) -> list[Written]:
    """Headlines, names of axes, words at ticks, and texts that belong into the plane of the chart."""
    from matplotlib.text import Annotation

    texts = [text for ax in figure.axes if ax.get_visible() for text in ax.texts if not isinstance(text, Annotation)]
    texts += [title for ax in figure.axes if ax.get_visible() for title in (ax._left_title,)]  # type: ignore[attr-defined]
    for ax in figure.axes:
        if ax.get_visible() and ax.axison:
            texts += [ax.xaxis.label, ax.yaxis.label, *_at_ticks(ax)]
    return [_written(text) for text in texts if text.get_visible() and text.get_text().strip()]


def _at_ticks(ax: Axes) -> list[Any]:
    return [
        label
        for axis in (ax.xaxis, ax.yaxis)
        for tick in axis._update_ticks()  # type: ignore[union-attr]
        for label in (tick.label1, tick.label2)
        if label.get_visible() and not label.get_rotation() % 90
    ]


def _written(text: Any, label: Any = None) -> Written:
    from matplotlib.text import Text

    box = Text.get_window_extent(text)
    return Written(box.x0, box.y0, box.x1, box.y1, label)
