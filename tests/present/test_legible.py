"""Charts are mended where they couldn't be read, and tell the same as before."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from tests.present.gallery.customers import contacts
from tests.present.gallery.edges import EDGES, LONG, Edge
from tests.present.gallery.media import change, media
from tests.present.svg_text import unreadable
from workbench.present import display
from workbench.present.figures.media_mix import contributions_over_time, returns_before_and_after
from workbench.present.figures.media_mix_change import BAR, change_waterfall
from workbench.present.figures.next_action import LEFT_ALONE, who_gets_what
from workbench.present.legible import make_legible
from workbench.present.style import TALLEST, direct_label, headline, new_figure, shortened, text_width


def texts_of(figure) -> list[str]:
    svg = display.figure(figure).block.data
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_what_can_be_read_is_left_as_it_is(chart):
    before = (
        [text.get_text() for text in chart.axes[0].texts],
        chart.axes[0].get_title(loc="left"),
        chart.get_figheight(),
    )
    make_legible(chart)
    assert (
        [text.get_text() for text in chart.axes[0].texts],
        chart.axes[0].get_title(loc="left"),
        chart.get_figheight(),
    ) == before


def test_names_that_differ_at_their_ends_stay_different():
    figure, ax = new_figure()
    ax.barh([f"{LONG}{i}" for i in range(5)], range(5))
    make_legible(figure)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert len(set(names)) == 5
    assert all("…" in name and len(name) < 40 for name in names)
    assert [name[-1] for name in names] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("width", [30.0, 100.0, 250.0])
def test_a_text_is_cut_as_late_as_fits(width):
    cut = shortened(LONG, width)
    assert text_width(cut, 8.5) <= width
    longer = LONG[: len(cut) + 1].rstrip() + "…"
    assert text_width(longer, 8.5) > width


def test_labels_at_one_point_are_moved_apart_and_none_is_lost():
    figure, ax = new_figure()
    ax.plot([0, 1], [0, 1])
    for name in ("one", "two", "three", "four"):
        direct_label(ax, 1, 1, name)
    svg = display.figure(figure).block.data
    assert unreadable(svg) == []
    assert {"one", "two", "three", "four"} <= set(re.findall(r">(\w+)</text>", svg))


def test_ticks_that_would_touch_are_left_out_evenly():
    figure, ax = new_figure(width=4)
    ax.plot(range(60), range(60))
    ax.set_xticks(range(60), [f"week {i}" for i in range(60)])
    svg = display.figure(figure).block.data
    assert unreadable(svg) == []
    shown = [int(i) for i in re.findall(r">week (\d+)</text>", svg)]
    assert len(shown) > 3
    assert len(set(np.diff(shown))) == 1


def test_a_chart_grows_with_its_rows_up_to_a_page():
    figure, ax = new_figure(height=2.0)
    ax.barh([f"row {i}" for i in range(30)], range(30))
    headline(ax, "Thirty rows")
    assert unreadable(display.figure(figure).block.data) == []
    assert 2.0 < figure.get_figheight() <= TALLEST


def test_parts_beyond_a_page_are_summed_so_that_the_waterfall_still_adds_up():
    edge = Edge(count=40)
    changed = change(edge)
    (ax,) = change_waterfall(media(edge), changed).axes
    *parts, whole = [bar for bar in ax.patches if bar.get_height() == pytest.approx(BAR)]
    assert len(parts) < len(changed.parts)
    assert sum(bar.get_width() for bar in parts) == pytest.approx(whole.get_width())
    assert whole.get_width() == pytest.approx(changed.parts["estimate"].sum())


def test_channels_beyond_a_handful_are_stacked_as_one_that_holds_their_sum():
    edge = Edge(count=40)
    result = media(edge)
    (ax,) = contributions_over_time(result).axes
    tops = ax.collections[-1].get_paths()[0].vertices[:, 1].max()
    summed = result.totals[result.totals["kind"] != "expected"].groupby("week")["estimate"].sum()
    assert tops == pytest.approx(summed.max())
    assert "31 others" in {text.get_text() for text in ax.texts}


def test_what_is_left_out_is_told():
    assert "The largest 21 of 40 are shown" in texts_of(returns_before_and_after(media(EDGES["forty"])))
    assert not any("are shown" in text for text in texts_of(returns_before_and_after(media(EDGES["usual"]))))


def test_each_bar_of_who_gets_what_carries_its_number_and_each_column_its_name():
    result = contacts(EDGES["usual"])
    (ax,) = who_gets_what(result).axes
    assert ax.get_legend() is None
    told = [text.get_text().replace("\n", " ") for text in ax.texts]
    assert {LEFT_ALONE, *result.actions["label"]} <= set(told)
    by_number = pd.Series([int(text.replace(",", "")) for text in told if text.replace(",", "").isdigit()])
    assert sorted(by_number) == sorted(result.groups["customers"].round().astype(int))
    widths = sorted(bar.get_width() for bar in ax.patches)
    np.testing.assert_allclose(
        np.array(widths) / widths[-1], np.sort(result.groups["customers"]) / result.groups["customers"].max()
    )
