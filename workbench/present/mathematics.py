"""LaTeX formulas as small vector pictures, typeset by matplotlib: no TeX on the machine, the same in PDF and HTML."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from workbench.present.palette import PALETTE

if TYPE_CHECKING:
    from matplotlib.path import Path

_SIZE = 10.0
_CLOSE = 79
_COMMANDS = {1: "M", 2: "L", 3: "Q", 4: "C", _CLOSE: "Z"}


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A typeset formula; lengths in units of the surrounding font size (em).

    Attributes:
        svg: The picture.
        width_em: Its width.
        height_em: Its whole height, depth included.
        depth_em: How far it reaches below the baseline.
    """

    svg: str
    width_em: float
    height_em: float
    depth_em: float


@cache
def formula(latex: str) -> Formula | None:
    """Typeset a formula; None where matplotlib's mathtext does not know a command."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    try:
        path = TextPath((0, 0), f"${' '.join(latex.split())}$", size=_SIZE, prop=FontProperties(family="DejaVu Sans"))
    except ValueError:
        return None
    if not len(path.vertices):
        return None
    box = path.get_extents()
    top, depth = max(box.y1, 0.0), max(-box.y0, 0.0)
    return Formula(
        svg=_svg(path, box.x0, box.x1, top, depth),
        width_em=round((box.x1 - box.x0) / _SIZE, 4),
        height_em=round((top + depth) / _SIZE, 4),
        depth_em=round(depth / _SIZE, 4),
    )


def _svg(path: Path, left: float, right: float, top: float, depth: float) -> str:
    outline = " ".join(
        _COMMANDS[int(code)]
        + ("" if code == _CLOSE else " ".join(f"{x:.3f} {-y:.3f}" for x, y in points.reshape(-1, 2)))
        for points, code in path.iter_segments(simplify=False, curves=True)
    )
    view = f"{left:.3f} {-top:.3f} {right - left:.3f} {top + depth:.3f}"
    size = f'width="{right - left:.3f}pt" height="{top + depth:.3f}pt"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{view}">'
        f'<path fill="{PALETTE.ink}" d="{outline}"/></svg>'
    )
