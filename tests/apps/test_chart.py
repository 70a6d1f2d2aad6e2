"""A chart on the page is the figure as it is now, with a front end of the same plotly, in colours that all can tell apart."""

import re

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs_version

from workbench.apps.chart import PLOTLY, chart
from workbench.present.palette import PALETTE

TEXT, GRAPHICS, APART = 4.5, 3.0, 10.0
# Viénot, Brettel & Mollon (1999) for red and green, Brettel et al. (1997) in one plane for blue, on linear RGB.
BLIND = {
    "protanopia": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deuteranopia": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
    "tritanopia": [[1.01277, 0.13548, -0.14826], [-0.01243, 0.86812, 0.14431], [0.07589, 0.80500, 0.11911]],
}


def test_a_page_opened_after_an_update_gets_the_figure_as_it_is():
    shown = chart(go.Figure(go.Bar(y=["a", "b"])), alt="Two bars")
    with shown.batch_update():
        shown.data[0].x = np.array([1.0, 2.0])
        shown.layout.xaxis.title.text = "Spend"
    state = shown.get_state()
    np.testing.assert_array_equal(state["_widget_data"][0]["x"]["buffer"], [1.0, 2.0])
    assert state["_widget_layout"]["xaxis"]["title"]["text"] == "Spend"
    assert state["alt"] == "Two bars"


def test_the_page_has_the_plotly_that_figures_are_made_for():
    head = PLOTLY.read_text(encoding="utf-8")[:200]
    assert f"v{get_plotlyjs_version()}" in head
    assert "MIT license" in head
    assert (PLOTLY.parent / "plotly-LICENSE.txt").is_file()


def test_no_page_carries_a_copy_of_plotly_in_its_state():
    state = chart(go.Figure(go.Bar(x=[1], y=[1])), alt="A bar").get_state()
    assert sum(len(str(value)) for value in state.values()) < 30_000


@pytest.mark.parametrize("colour", ["ink", "muted", "accent", "positive", "negative"])
def test_text_stands_out_from_the_paper(colour):
    assert contrast(getattr(PALETTE, colour), PALETTE.paper) >= TEXT


@pytest.mark.parametrize("colour", PALETTE.categorical)
def test_bars_and_lines_stand_out_from_the_paper(colour):
    assert contrast(colour, PALETTE.paper) >= GRAPHICS


@pytest.mark.parametrize("kind", BLIND)
def test_bars_that_stand_side_by_side_differ_for_the_colour_blind(kind):
    """CIE76 distances after simulation; pairs that charts put beside each other."""
    pairs = [(PALETTE.muted, PALETTE.accent), (PALETTE.accent, PALETTE.negative), (PALETTE.positive, PALETTE.negative)]
    pairs += [(PALETTE.categorical[at], PALETTE.categorical[at + 1]) for at in range(3)]
    for first, second in pairs:
        seen = [lab(np.array(BLIND[kind]) @ linear(colour)) for colour in (first, second)]
        assert np.linalg.norm(seen[0] - seen[1]) >= APART, (first, second)


def test_contrast_is_that_of_the_standard():
    """WCAG 2.2's own ends of the scale, and #767676, the lightest grey that passes on white."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(part, 16) for part in re.findall("[0-9A-Fa-f]{2}", colour)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    light = sorted(float(np.array([0.2126, 0.7152, 0.0722]) @ linear(colour)) for colour in (first, second))
    return (light[1] + 0.05) / (light[0] + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB of linear sRGB under D65."""
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    scaled = np.clip(to_xyz @ np.clip(rgb, 0, 1), 0, None) / np.array([0.95047, 1.0, 1.08883])
    root = np.where(scaled > (6 / 29) ** 3, np.cbrt(scaled), scaled / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])
