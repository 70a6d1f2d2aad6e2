"""Show what moves: plotly's FigureWidget with a front end that takes plotly from the page instead of sending it to every visitor.

plotly's own front end travels through the kernel's socket with each page, 5 MB a visit, and no browser can keep it. A page of
ours loads plotly's basic bundle once, as a file that browsers keep. In JupyterLab, where the page is not ours, the kernel sends it.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from _plotly_utils import optional_imports
from traitlets import Unicode

from workbench.apps.look import HOUSE

# To show figures in other ways than ours plotly would load nbformat, whose schemas take longer than all else of a page.
optional_imports._not_importable.add("nbformat")

FRONT = Path(__file__).parent / "front"
PLOTLY = Path(__file__).parent / "share" / "voila" / "templates" / "workbench" / "static" / "plotly-basic.min.js"


class Chart(go.FigureWidget):
    """A figure on the page; change its traces inside `batch_update()` and it is drawn once.

    Attributes:
        alt: What the chart shows, for those who don't see it; kept up to date by whoever changes the traces.
    """

    _esm = FRONT / "chart.js"
    alt = Unicode().tag(sync=True)
    _made = False

    def __init__(self, figure: go.Figure, *, alt: str) -> None:
        super().__init__(figure)
        self.alt = alt
        self.on_msg(_send_plotly)
        self._made = True

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """As ipywidgets asks for it; a page that comes later gets the figure as it is now, not as it was made."""
        if self._made and key is None:
            now = {"_widget_data": deepcopy(self._data), "_widget_layout": deepcopy(self._layout_obj._props)}
            self._trait_values |= now
        return super().get_state(key, drop_defaults)


def chart(figure: go.Figure, *, alt: str) -> Chart:
    """A figure in the house's look, to be shown and then only updated: traces can't be added to a chart that is shown.

    Only traces of plotly's basic bundle are drawn: bars, lines, dots, areas and pies.

    Args:
        figure: Traces and layout; the house's theme fills what it leaves open.
        alt: One sentence that says what the chart shows.
    """
    return Chart(go.Figure(figure).update_layout(template=HOUSE), alt=alt)


def _send_plotly(widget: Chart, content: dict[str, Any], _buffers: object) -> None:
    if content.get("kind") == "plotly":
        widget.send({"kind": "plotly"}, buffers=[PLOTLY.read_bytes()])
