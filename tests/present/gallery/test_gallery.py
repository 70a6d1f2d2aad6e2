"""Every chart at every edge of its data: no text lies on another or on a point, none is cut off, and it fits a page."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable
from itertools import cycle
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from tests.present.gallery import batches, customers, media, plans, tests_of
from tests.present.gallery.edges import EDGES, TOGETHER, Edge
from tests.present.svg_text import covered_points, unreadable
from workbench.present import display, figures
from workbench.present.language.numbers import MANNERS
from workbench.present.language.speech import speaking
from workbench.present.style import TALLEST

DRAWN: dict[Callable[..., Figure], Callable[[Edge], Figure | Iterable[Figure]]] = {
    **batches.DRAWN,
    **media.DRAWN,
    **plans.DRAWN,
    **customers.DRAWN,
    **tests_of.DRAWN,
}
PICTURES = Path(__file__).parents[3] / ".screenshots" / "gallery"
POINTS_PER_INCH = 72


def name_of(draw: Callable[..., Figure]) -> str:
    return f"{draw.__module__.rpartition('.')[2]}.{draw.__name__}"


def str_of(given: object) -> str:
    return name_of(given) if callable(given) else str(given)


def look_at(draw: Callable[..., Figure], edge: Edge, title: str) -> list[str]:
    """What can't be read in the pictures, which are kept for whoever wants to look."""
    drawn = DRAWN[draw](edge)
    told = []
    for number, figure in enumerate([drawn] if isinstance(drawn, Figure) else drawn):
        svg = display.figure(figure).block.data  # type: ignore[union-attr]
        PICTURES.mkdir(parents=True, exist_ok=True)
        (PICTURES / f"{name_of(draw)}, {title}{f' {number}' if number else ''}.svg").write_text(svg, encoding="utf-8")
        told += unreadable(svg) + covered_points(svg)
        height = float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)[1])  # type: ignore[index]
        if height > (TALLEST + 0.05) * POINTS_PER_INCH:
            told.append(f"the chart is {height / POINTS_PER_INCH:.1f} inches tall, a page holds {TALLEST}")
    return told


def test_the_gallery_holds_every_chart():
    charts = {
        function
        for module in pkgutil.iter_modules(figures.__path__)
        for _, function in inspect.getmembers(
            importlib.import_module(f"{figures.__name__}.{module.name}"), inspect.isfunction
        )
        if function.__module__ == f"{figures.__name__}.{module.name}"
        and not function.__name__.startswith("_")
        and function.__annotations__.get("return") in ("Figure", Figure)
    }
    assert charts == set(DRAWN)


@pytest.mark.parametrize(("draw", "edge"), zip(DRAWN, cycle(TOGETHER), strict=False), ids=str_of)
def test_each_chart_can_be_read_at_one_edge(draw, edge):
    assert look_at(draw, TOGETHER[edge], edge) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("edge", TOGETHER)
@pytest.mark.parametrize("draw", DRAWN, ids=name_of)
def test_every_chart_can_be_read_where_edges_meet(draw, edge):
    assert look_at(draw, TOGETHER[edge], edge) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("edge", EDGES)
def test_every_chart_can_be_read_at_each_edge(edge):
    told = {name_of(draw): look_at(draw, EDGES[edge], edge) for draw in DRAWN}
    assert {name: found for name, found in told.items() if found} == {}


@pytest.mark.exhaustive
@pytest.mark.parametrize("language", sorted(MANNERS))
def test_each_chart_can_be_read_in_other_languages(language):
    with speaking(language):
        told = {
            name_of(draw): look_at(draw, TOGETHER[edge], f"{language} {edge}")
            for draw, edge in zip(DRAWN, cycle(TOGETHER), strict=False)
        }
    assert {name: found for name, found in told.items() if found} == {}
