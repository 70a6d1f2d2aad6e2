"""The media-mix app tells what the saved result says: sums, returns, curves and lift tests, for whatever is chosen."""

import numpy as np
import pytest

from tests.apps.tested_company import fitted_mix
from workbench.apps.media_mix import MediaMixApp
from workbench.apps.media_mix_charts import _apart
from workbench.apps.media_mix_view import ALL, MediaMixView, Question, media_mix_view
from workbench.apps.media_mix_words import curve_sentence, headline_cards, lift_sentences, returns_rows
from workbench.mmm.result import MediaMixResult
from workbench.wording import interval, money, percent


@pytest.fixture(scope="module")
def view() -> MediaMixView:
    return media_mix_view(fitted_mix())


@pytest.fixture
def app(view: MediaMixView) -> MediaMixApp:
    return MediaMixApp(view)


def test_layers_of_all_weeks_add_up_to_the_report(view):
    reported = view.result.estimates.query("quantity == 'contribution'").set_index("entity").estimate
    every = Question(weeks=len(view.weeks))
    layers = dict(zip(view.stacked, view.layers(every), strict=True))
    for channel in view.channels:
        assert layers[view.result.label(channel)].sum() == pytest.approx(reported[channel])
    assert view.course(every)[0].sum() == pytest.approx(reported.sum())
    by_market = [view.layers(Question(market, weeks=every.weeks)).sum() for market in view.recent.places if market]
    assert sum(by_market) == pytest.approx(reported.sum())


def test_the_week_of_each_market_is_the_saved_one(view):
    market, channel = view.recent.places[2], view.channels[1]
    saved = view.result.contributions.query("market == @market and component == @channel").sort_values("week")
    course = view.course(Question(market, channel, weeks=26))
    np.testing.assert_allclose(course, saved[["estimate", "lower", "upper"]].to_numpy()[-26:].T)


def test_shares_are_parts_of_what_was_sold(view):
    shares = view.result.estimates.query("quantity == 'contribution_share'").set_index("entity")
    for channel in view.channels:
        amount = view.amount(Question(channel=channel, weeks=len(view.weeks), share=True))
        assert (amount.estimate, amount.lower) == pytest.approx(tuple(shares.loc[channel, ["estimate", "lower"]]))
    market, weeks = view.recent.places[1], 13
    sold = view.result.fit.query("market == @market").sort_values("week").actual.to_numpy()[-weeks:]
    course = view.course(Question(market, weeks=weeks, share=True))[0] * sold
    assert course.sum() == pytest.approx(view.amount(Question(market, weeks=weeks)).estimate)


def test_a_control_moved_tells_what_the_package_computes(app, view):
    """The numbers in cards and table against the result's own returns of the same weeks and market."""
    market, channel = view.recent.places[1], view.channels[1]
    app.market.value, app.channel.value, app.weeks.value = market, channel, 26.0
    window = view.result.returns(view.weeks[-26], view.weeks[-1], markets=[market]).set_index(["quantity", "channel"])
    row = window.loc[("roas", channel)]
    told = f"{money(row.estimate, 'EUR')}", f"{interval(row.lower, row.upper, 'EUR')}"
    assert all(text in app.numbers.value and text in app.returns.value for text in told)
    growth = window.loc[("marginal_roas", channel)]
    assert money(growth.estimate, "EUR") in app.numbers.value
    dots = app.channels.data[0]
    place = list(app.channels.layout.yaxis.ticktext).index(view.result.label(channel))
    assert dots.x[place] == pytest.approx(row.estimate)
    assert dots.x[place] - dots.error_x.arrayminus[place] == pytest.approx(row.lower)
    app.unit.value = True
    assert percent(view.amount(app.question).estimate) in app.numbers.value


def test_what_is_drawn_follows_the_choice(app, view):
    app.weeks.value = 13.0
    assert len(app.course.data[0].x) == 13
    assert np.nansum(app.course.data[0].y) > 0
    app.channel.value = view.channels[0]
    assert np.isnan(app.course.data[0].y).all()
    np.testing.assert_allclose(app.course.data[-1].y, view.course(app.question)[0])
    assert "Television" not in app.course.alt
    assert view.result.label(view.channels[0]) in app.course.alt


def test_curves_are_the_reports_and_shaded_where_nothing_was_seen(app, view):
    channel = view.channels[0]
    app.channel.value = channel
    saved = view.result.curves.query("channel == @channel")
    np.testing.assert_allclose(app.curve.data[2].y, saved.estimate)
    seen = saved[saved.observed].spend
    left, right = app.curve.layout.shapes
    assert (left.x1, right.x0) == (seen.min(), seen.max())
    today = saved[saved.current].iloc[0]
    assert app.curve.data[3].x[0] == pytest.approx(today.spend)
    assert money(today.estimate, "EUR") in app.curve_text.value


def test_the_whole_mix_grows_as_its_channels_do(view):
    """In one market the mix at today's spend is the sum of what its channels bring, each at its own."""
    market = view.recent.places[1]
    mix = view.curve(market, ALL)
    parts = [view.curve(market, channel) for channel in view.channels]
    assert mix.summary[0, mix.today] == pytest.approx(sum(part.summary[0, part.today] for part in parts))
    assert mix.spend[mix.today] == pytest.approx(sum(part.spend[part.today] for part in parts))
    assert mix.seen[0] <= mix.spend[mix.today] <= mix.seen[1]
    assert "beyond, shaded, the curve is assumption" in curve_sentence(view, Question(market))


def test_what_tests_changed_is_told_as_in_the_check(view):
    detail = next(check.detail for check in view.result.checks if check.name == "lift_conflict")
    (sentence,) = lift_sentences(view)
    said = view.result.lift_effects.query("quantity == 'return_on_tested_spend'")
    for row in said.itertuples():
        words = f"{money(row.estimate, 'EUR')} ({interval(row.lower, row.upper, 'EUR')})"
        assert words in detail
        assert words in sentence
    assert "tv pause" in sentence
    assert lift_sentences(media_mix_view(view.result.but(lift_effects=view.result.lift_effects.iloc[:0]))) == [
        "No lift test counted in this run: returns rest on the sales history and on what was assumed before."
    ]


def test_a_run_of_an_older_version_does_not_tell_whether_tests_counted(view, tmp_path):
    """Such a run has no file of what tests changed; one without tests has an empty file."""
    view.result.save(tmp_path / "older")
    (tmp_path / "older" / "lift_effects.parquet").unlink()
    older = media_mix_view(MediaMixResult.load(tmp_path / "older"))
    (sentence,) = lift_sentences(older)
    assert "doesn't tell what lift tests changed" in sentence
    assert "`workbench run media_mix`" in sentence
    view.result.but(lift_effects=view.result.lift_effects.iloc[:0]).save(tmp_path / "untested")
    (sentence,) = lift_sentences(media_mix_view(MediaMixResult.load(tmp_path / "untested")))
    assert sentence.startswith("No lift test counted")


def test_every_number_has_its_interval(view):
    for row in returns_rows(view, Question()):
        assert all(" to " in cell for cell in row[3::2])
    assert all("interval" in card.detail for card in headline_cards(view, Question()) if card.name != "Spent")


def test_labels_are_moved_apart_and_keep_their_order():
    heights = _apart(np.array([1.0, 1.1, 1.2, 9.0]), 0.5)
    assert (np.diff(heights) >= 0.5 - 1e-12).all()
    assert (heights[0], heights[-1]) == (1.0, 9.0)
