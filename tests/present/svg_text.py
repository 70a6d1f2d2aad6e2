"""Where the texts of a chart lie, read from the chart itself as the page shows it, whoever drew it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

from workbench.present.blocks import Figure
from workbench.present.document import read_report

_TEXT = "{http://www.w3.org/2000/svg}text"
_MOVE = re.compile(r"(translate|rotate|scale)\(([^)]*)\)")
_NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")
_PATH, _USE, _GROUP, _CLIP = (f"{{http://www.w3.org/2000/svg}}{tag}" for tag in ("path", "use", "g", "clipPath"))
_HREF = "{http://www.w3.org/1999/xlink}href"
TOUCHING = 0.8
# Of a cloud there are more.
MOST_POINTS = 60
# Points; bands are drawn as such, too.
LARGEST_POINT = 30


type _Point = tuple[float, float, np.ndarray]


@dataclass(frozen=True)
class Placed:
    """A text and the corners of what is inked, in points, as a polygon of shape (4, 2)."""

    text: str
    corners: np.ndarray


def unreadable(svg: str) -> list[str]:
    """One sentence for each pair of texts that lie on each other and each text that the picture's edge cuts.

    Args:
        svg: A picture that matplotlib wrote with its texts as texts.
    """
    root = ElementTree.fromstring(svg)
    left, top, width, height = (float(number) for number in root.attrib["viewBox"].split())
    placed = [_placed(node) for node in root.iter(_TEXT) if (node.text or "").strip()]
    low, high = np.array([left, top]) - TOUCHING, np.array([left + width, top + height]) + TOUCHING
    cut = [f"{one.text!r} is cut off" for one in placed if (one.corners < low).any() or (one.corners > high).any()]
    return cut + [
        f"{a.text!r} lies on {b.text!r}" for a, b in combinations(placed, 2) if _overlap(a.corners, b.corners)
    ]


def covered_points(svg: str) -> list[str]:
    """One sentence for each text that lies on a point of the picture; points of a cloud, which shows as a whole, aside."""
    root = ElementTree.fromstring(svg)
    placed = [_placed(node) for node in root.iter(_TEXT) if (node.text or "").strip()]
    shapes = {node.attrib["id"]: _box(node.attrib["d"]) for node in root.iter(_PATH) if "id" in node.attrib}
    windows = {clip.attrib["id"]: clip[0].attrib for clip in root.iter(_CLIP)}
    points = [point for group in root.iter(_GROUP) for point in _points(group, shapes, windows)]
    return [
        f"{one.text!r} lies on the point at {x:.0f}, {y:.0f}"
        for one in placed
        for x, y, corners in points
        if _overlap(one.corners, corners)
    ]


def _points(
    group: ElementTree.Element, shapes: dict[str, np.ndarray], windows: dict[str, dict[str, str]]
) -> list[_Point]:
    """Where the points that are drawn together and seen lie, and the corners of each; marks at ticks have no window."""
    window = windows.get(group.attrib.get("clip-path", "").removeprefix("url(#").removesuffix(")"))
    drawn = [node for node in group if node.tag == _USE]
    if window is None or len(drawn) > MOST_POINTS:
        return []
    left, top, width, height = (float(window[name]) for name in ("x", "y", "width", "height"))
    found = []
    for node in drawn:
        shape = shapes[node.attrib[_HREF].removeprefix("#")]
        x, y = float(node.attrib["x"]), float(node.attrib["y"])
        if np.ptp(shape, axis=0).max() <= LARGEST_POINT and 0 <= x - left <= width and 0 <= y - top <= height:
            found.append((x, y, np.add(shape, (x, y))))
    return found


def _box(path: str) -> np.ndarray:
    """The corners of the box around a path."""
    numbers = np.array([float(number) for number in _NUMBER.findall(path)]).reshape(-1, 2)
    (left, top), (right, bottom) = numbers.min(axis=0), numbers.max(axis=0)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _placed(node: ElementTree.Element) -> Placed:
    style = dict(part.strip().split(": ", 1) for part in node.attrib["style"].split(";"))
    size = float(style["font-size"].removesuffix("px"))
    width, height, below = (size * measure for measure in _measured(str(node.text), int(style.get("font-weight", 400))))
    shift = {"middle": -width / 2, "end": -width}.get(style.get("text-anchor", "start"), 0.0)
    left, line = float(node.attrib.get("x", 0)) + shift, float(node.attrib.get("y", 0))
    top, bottom = line + below - height, line + below
    corners = np.array([[left, top], [left + width, top], [left + width, bottom], [left, bottom]])
    return Placed(str(node.text), _moved(node.attrib.get("transform", "")).transform(corners))


@cache
def _measured(text: str, weight: int) -> tuple[float, float, float]:
    """Width, height and depth below the line, in the size of the font."""
    size = 100
    font = FontProperties(family="DejaVu Sans", weight=weight, size=size)
    width, height, below = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return width / size, height / size, below / size


def _moved(transform: str) -> Affine2D:
    total = Affine2D()
    for kind, listed in reversed(_MOVE.findall(transform)):
        numbers = [float(number) for number in _NUMBER.findall(listed)]
        if kind == "translate":
            total.translate(*numbers)
        elif kind == "rotate":
            total.rotate_deg_around(*(numbers[1:] or (0, 0)), numbers[0])
        else:
            total.scale(*numbers)
    return total


def _overlap(one: np.ndarray, other: np.ndarray) -> bool:
    """Separating axes: two convex polygons lie apart where some edge's normal sees a gap; less than `TOUCHING` isn't seen."""
    for polygon in (one, other):
        edges = np.roll(polygon, -1, axis=0) - polygon
        for x, y in edges / np.linalg.norm(edges, axis=1, keepdims=True).clip(1e-9):
            first, second = one @ (-y, x), other @ (-y, x)
            if min(first.max(), second.max()) - max(first.min(), second.min()) < TOUCHING:
                return False
    return True


def unreadable_charts(notebook: Path) -> list[str]:
    """The same for all charts of an executed notebook, each with its caption."""
    charts = [block for block in read_report(notebook).blocks if isinstance(block, Figure) and block.format == "svg"]
    return [f"{chart.caption or chart.alt}: {told}" for chart in charts for told in unreadable(chart.data)]
