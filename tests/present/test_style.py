"""The house style: readable charts, colours that colour-blind readers can tell apart."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest

from tests.present.overlaps import unreadable_text
from workbench.present.style import PALETTE, count_ticks, direct_label, headline, new_figure, percent_ticks, unit_ticks

# Severity 1.0 matrices on linear RGB: Machado, Oliveira & Fernandes (2009), Table 1.
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)


def linear(color: str) -> np.ndarray:
    srgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* under D65 of linear RGB."""
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    )
    ratio = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast_on_white(color: str) -> float:
    return 1.05 / (float(linear(color) @ [0.2126, 0.7152, 0.0722]) + 0.05)


@pytest.mark.parametrize("matrix", [np.eye(3), PROTANOPIA, DEUTERANOPIA], ids=["typical", "protanopia", "deuteranopia"])
def test_series_colours_differ_for_every_kind_of_sight(matrix):
    seen = {color: lab(matrix @ linear(color)) for color in PALETTE.categorical}
    distances = {pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]]) for pair in combinations(PALETTE.categorical, 2)}
    closest = min(distances, key=distances.get)
    assert distances[closest] > 10, f"{closest} are {distances[closest]:.1f} apart"


@pytest.mark.parametrize("matrix", [PROTANOPIA, DEUTERANOPIA], ids=["protanopia", "deuteranopia"])
def test_gains_and_losses_differ_for_every_kind_of_sight(matrix):
    apart = np.linalg.norm(lab(matrix @ linear(PALETTE.positive)) - lab(matrix @ linear(PALETTE.negative)))
    assert apart > 25


@pytest.mark.parametrize("role", ["ink", "muted", "accent", "positive", "negative"])
def test_colours_of_text_pass_wcag_aa_on_white(role):
    assert contrast_on_white(getattr(PALETTE, role)) >= 4.5


def test_colours_of_series_pass_wcag_aa_for_graphics_on_white():
    assert min(map(contrast_on_white, PALETTE.categorical)) >= 3


def test_a_chart_in_the_house_style_hides_no_text(chart):
    assert unreadable_text(chart) == []


def test_overlapping_and_cut_off_text_is_found():
    figure, ax = new_figure()
    ax.text(0.5, 0.5, "one label")
    ax.text(0.5, 0.5, "another label")
    figure.text(0.99, 0.5, "over the edge")
    found = unreadable_text(figure)
    assert "'one label' lies on 'another label'" in found
    assert "'over the edge' is cut off" in found


def test_a_direct_label_at_the_edge_makes_room_for_itself():
    figure, ax = new_figure(width=4)
    ax.plot([0, 1], [0, 1])
    direct_label(ax, 1, 1, "A channel with a long name")
    assert unreadable_text(figure) == []


@pytest.mark.parametrize(("columns", "width"), [(1, 6.5), (2, 6.5), (3, 6.5)])
def test_long_headlines_break_into_lines_that_fit(columns, width):
    figure, axes = new_figure(width=width, columns=columns)
    for ax in np.atleast_1d(axes):
        headline(ax, "Paid search returns most of all channels and the next euro still returns two")
    assert unreadable_text(figure) == []


def test_ticks_speak_the_units_of_estimates():
    _, axes = new_figure(columns=4)
    for ax, setter in zip(axes, (percent_ticks, count_ticks), strict=False):
        setter(ax)
    unit_ticks(axes[2], "EUR")
    unit_ticks(axes[3], "")
    texts = [ax.yaxis.get_major_formatter()(value) for ax, value in zip(axes, (0.25, 1500, 20000, 0.5), strict=True)]
    assert texts == ["25%", "1,500", "€20k", "0.5"]


def test_importing_the_style_imports_no_drawing_library():
    code = "import sys, workbench.present.style; print([m for m in ('matplotlib', 'seaborn', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
