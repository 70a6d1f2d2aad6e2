"""How charts of apps look: the house's colours and sizes as a plotly template."""

from __future__ import annotations

import plotly.graph_objects as go

from workbench.present.palette import PALETTE
from workbench.wording import money

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_AXIS = {
    "gridcolor": PALETTE.grid,
    "linecolor": PALETTE.muted,
    "zerolinecolor": PALETTE.muted,
    "zerolinewidth": 1,
    "title": {"font": {"size": 13}, "standoff": 8},
    "tickfont": {"size": 12},
    "automargin": True,
    "fixedrange": True,
}
HOUSE = go.layout.Template(
    layout={
        "font": {"family": FONT, "color": PALETTE.ink, "size": 13},
        "paper_bgcolor": PALETTE.paper,
        "plot_bgcolor": PALETTE.paper,
        "colorway": PALETTE.categorical,
        "margin": {"l": 10, "r": 16, "t": 28, "b": 44},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "hoverlabel": {"bgcolor": PALETTE.ink, "font": {"color": PALETTE.paper, "family": FONT, "size": 13}},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "barmode": "group",
        "dragmode": False,
    }
)


def money_axis(currency: str) -> dict[str, str]:
    """Ticks of an axis of money."""
    return {"tickprefix": money(0, currency).rstrip("0."), "tickformat": "~s"}
