"""The media-mix app: what media brought, what they return, and what more of them would, by market, channel and weeks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

import ipywidgets as widgets

from workbench.apps.answering import follow
from workbench.apps.cards import cards
from workbench.apps.chart import Chart
from workbench.apps.controls import Picker, Slider, picker, slider
from workbench.apps.media_mix_charts import (
    by_channel,
    by_market,
    course_chart,
    curve_chart,
    fill_course,
    fill_curve,
    fill_returns,
    lift_chart,
    returns_chart,
)
from workbench.apps.media_mix_view import ALL, USUAL_WINDOW, MediaMixView, Question, media_mix_view
from workbench.apps.media_mix_words import (
    RETURN_HEADINGS,
    course_sentence,
    curve_sentence,
    headline_cards,
    lift_sentences,
    returns_rows,
)
from workbench.apps.page import Section, html, page, pair, row, section, table
from workbench.apps.published import Published
from workbench.mmm.result import MediaMixResult
from workbench.wording import one


@dataclass
class MediaMixApp:
    """The app's widgets."""

    view: MediaMixView
    market: Picker = field(init=False)
    channel: Picker = field(init=False)
    weeks: Slider = field(init=False)
    unit: Picker = field(init=False)
    numbers: widgets.HTML = field(init=False)
    course: Chart = field(init=False)
    course_text: widgets.HTML = field(init=False)
    channels: Chart = field(init=False)
    markets: Chart | None = field(init=False)
    returns: widgets.HTML = field(init=False)
    curve: Chart = field(init=False)
    curve_text: widgets.HTML = field(init=False)
    _shown: Question = field(init=False)

    def __post_init__(self) -> None:
        view = self.view
        places = {"All markets": ALL} | {view.place(market): market for market in view.recent.places if market}
        media = {"All media": ALL} | {view.result.label(name): name for name in view.result.by_contribution}
        self.market = picker("Market", places, ALL)
        self.channel = picker("Channel", media, ALL)
        self.weeks = slider("Last weeks", view.recent.weeks, USUAL_WINDOW, self._weeks_in_words)
        self.unit = picker("Amounts as", {"money": False, "share of revenue": True}, False)
        self.numbers, self.returns, self.course_text, self.curve_text = (html() for _ in range(4))
        asked = self._shown = self.question
        self.course, self.curve = course_chart(view, asked), curve_chart(view, asked)
        self.channels = returns_chart(view, by_channel(view, asked))
        self.markets = returns_chart(view, by_market(view, asked)) if self.several else None
        self._tell(asked)
        follow((self.market, self.channel, self.weeks, self.unit), self._answer)

    @property
    def several(self) -> bool:
        """Whether there are markets to choose from."""
        return len(self.view.recent.places) > 1

    @property
    def question(self) -> Question:
        """What is chosen now."""
        return Question(self.market.value, self.channel.value, int(self.weeks.value), self.unit.value)

    @property
    def _parts(self) -> tuple[tuple[tuple[str, ...], Callable[[Question], None]], ...]:
        """What is shown, and which parts of the question each depends on."""
        return (
            (("market", "channel", "weeks", "share"), self._show_numbers),
            (("market", "channel", "weeks", "share"), self._show_course),
            (("market", "weeks"), self._show_channels),
            (("channel", "weeks"), self._show_markets),
            (("market", "weeks", "share"), self._show_table),
            (("market", "channel"), self._show_curve),
        )

    def _tell(self, asked: Question) -> None:
        """Everything but the charts, which are built filled."""
        self._show_numbers(asked)
        self._show_table(asked)
        self.course_text.value = _paragraph(course_sentence(self.view, asked))
        self.curve_text.value = _paragraph(curve_sentence(self.view, asked))

    def _answer(self) -> None:
        asked = self.question
        for depends_on, show in self._parts:
            if any(getattr(asked, name) != getattr(self._shown, name) for name in depends_on):
                show(asked)
        self._shown = asked

    def _show_numbers(self, asked: Question) -> None:
        self.numbers.value = cards(headline_cards(self.view, asked))

    def _show_course(self, asked: Question) -> None:
        self.course.alt = fill_course(self.course, self.view, asked)
        self.course_text.value = _paragraph(course_sentence(self.view, asked))

    def _show_channels(self, asked: Question) -> None:
        self.channels.alt = fill_returns(self.channels, self.view, by_channel(self.view, asked))

    def _show_markets(self, asked: Question) -> None:
        if self.markets is not None:
            self.markets.alt = fill_returns(self.markets, self.view, by_market(self.view, asked))

    def _show_table(self, asked: Question) -> None:
        view = self.view
        headings = [heading.format(one(view.currency)) for heading in RETURN_HEADINGS]
        caption = f"Every channel in {view.place(asked.market)}, {self._weeks_in_words(asked.weeks)}."
        self.returns.value = table(
            headings, returns_rows(view, asked), caption=caption, numbers=range(1, len(headings))
        )

    def _show_curve(self, asked: Question) -> None:
        self.curve.alt = fill_curve(self.curve, self.view, asked)
        self.curve_text.value = _paragraph(curve_sentence(self.view, asked))

    def _weeks_in_words(self, weeks: float) -> str:
        return f"{int(weeks)} weeks, since {self.view.since(int(weeks))}"


def media_mix(published: Published[MediaMixResult]) -> widgets.VBox:
    """The page of a saved media mix."""
    view = media_mix_view(published.result)
    app = MediaMixApp(view)
    unit = one(view.currency)
    controls = (*((app.market,) if app.several else ()), app.channel, app.weeks, app.unit)
    each_market = () if app.markets is None else (app.markets,)
    returns = section(
        f"What each {unit} returned",
        pair(app.channels, *each_market),
        app.returns,
        lead="Every channel in the chosen market, then the chosen channel in every market."
        if each_market
        else "Every channel.",
    )
    return page(
        published,
        row(*controls),
        app.numbers,
        section("What media brought, week by week", app.course, app.course_text),
        returns,
        section("What more or less spend would bring", app.curve, app.curve_text),
        _tests(view),
    )


def _tests(view: MediaMixView) -> Section:
    told = html("".join(map(_paragraph, lift_sentences(view))))
    charts = () if view.result.lift_effects.empty else (lift_chart(view),)
    return section("What lift tests changed", told, *charts)


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"
