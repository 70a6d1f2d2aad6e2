"""Figures of a media mix show its numbers, and can be read."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.mmm.posteriors import orders_and_impressions, result_of
from tests.mmm.worlds import simulate
from tests.present.overlaps import unreadable_text
from workbench.errors import SpecError
from workbench.mmm.family.summary import ALL_FORMS
from workbench.mmm.result import MediaMixResult
from workbench.present.figures import media_mix
from workbench.present.figures.media_mix_change import BAR, change_waterfall
from workbench.present.figures.media_mix_family import every_return_by_form
from workbench.present.figures.media_mix_markets import every_channel_by_market, returns_by_market


@pytest.fixture(scope="module")
def result() -> MediaMixResult:
    return result_of(orders_and_impressions())


def test_bars_of_the_waterfall_lead_from_nothing_to_the_whole_change(result):
    change = result.change()
    figure = change_waterfall(result, change)
    (ax,) = figure.axes
    *parts, whole = [bar for bar in ax.patches if bar.get_height() == pytest.approx(BAR)]
    assert len(parts) == len(change.parts)
    at = 0.0
    for bar in parts:
        assert bar.get_x() == pytest.approx(at, abs=1e-6 * change.revenue_after)
        at = bar.get_x() + bar.get_width()
    assert whole.get_width() == pytest.approx(change.revenue_after - change.revenue_before)
    assert at == pytest.approx(whole.get_width())
    assert {"TV", "Search"} <= {label.get_text() for label in ax.get_yticklabels()}


def test_dots_are_the_returns_in_each_market(result):
    first, second = returns_by_market(result).axes
    markets = [label.get_text() for label in first.get_yticklabels()]
    for ax, channel in ((first, "channel 0"), (second, "channel 1")):
        dots = [line.get_xydata()[0] for line in ax.lines if line.get_marker() == "o"]
        expected = [
            [result.estimate("roas_in_market", f"{m}/{channel}").estimate, row] for row, m in enumerate(markets)
        ]
        np.testing.assert_allclose(dots, expected)
    assert first.get_title(loc="left").startswith("TV")


def test_one_market_has_no_returns_by_market():
    with pytest.raises(SpecError, match="has one market"):
        returns_by_market(result_of(simulate(seed=1, weeks=60).panel, knots=0))


def test_curves_are_shaded_where_spend_never_acted(result):
    axes = media_mix.response_curves(result).axes
    for ax in axes:
        title = ax.get_title(loc="left")
        channel = next(name for name in result.response.channels if title.startswith(result.label(name)))
        curve = result.curves[result.curves.channel == channel]
        below, above = ax.patches
        seen = curve[curve.observed].spend
        assert below.get_width() == pytest.approx(seen.min())
        assert above.get_x() == pytest.approx(seen.max())


def test_text_of_every_figure_can_be_read(result):
    figures = {
        "change": change_waterfall(result),
        "causes": change_waterfall(result, result.change(by_cause=True)),
        "markets": returns_by_market(result),
        "one channel": returns_by_market(result, "channel 1"),
        "curves": media_mix.response_curves(result),
        "contributions": media_mix.contributions_over_time(result),
        "fit": media_mix.fitted_and_actual(result),
    }
    assert {name: unreadable_text(figure) for name, figure in figures.items()} == {name: [] for name in figures}


@pytest.mark.parametrize(("channels", "forms"), [(6, 5), (4, 12), (2, 12), (1, 5)])
def test_returns_under_many_forms_can_be_read(channels, forms):
    words = ["diminishing, fades at once, 3 bends", "fast then slow, may build up, 8 bends"]
    rows = [
        {
            "form": f"form {f}",
            "in_words": words[f % 2],
            "weight": 1 / forms,
            "channel": f"Online video {c}",
            "estimate": 1.07,
        }
        for c in range(channels)
        for f in range(forms)
    ]
    every = [
        {"form": ALL_FORMS, "in_words": ALL_FORMS, "weight": 1.0, "channel": f"Online video {c}", "estimate": 1.1}
        for c in range(channels)
    ]
    table = pd.DataFrame(rows + every).assign(lower=0.23, upper=12.63)
    figures = list(every_return_by_form(table, "EUR"))
    assert [unreadable_text(figure) for figure in figures] == [[]] * len(figures)
    drawn = [" ".join(ax.get_title(loc="left").split()) for figure in figures for ax in figure.axes]
    assert drawn == [f"Online video {c}: €1.10" for c in range(channels)]


def test_twenty_markets_fit_on_a_page():
    many = result_of(simulate(seed=2, weeks=60, markets=20, roas=(1.5, 3.0, 1.0, 2.0)).panel, knots=0, draws=40)
    labels = {market: f"United Kingdom {i}" for i, market in enumerate(many.response.markets)}
    (figure,) = every_channel_by_market(replace(many, market_labels=labels))
    assert figure.get_figheight() < 5
    assert unreadable_text(figure) == []
    ticks = {label.get_text() for label in figure.axes[0].get_yticklabels()}
    assert ticks == set(labels.values())


def test_one_market_has_no_charts_by_market():
    assert list(every_channel_by_market(result_of(simulate(seed=1, weeks=60).panel, knots=0))) == []
