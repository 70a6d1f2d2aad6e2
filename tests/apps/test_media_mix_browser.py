"""The media-mix app in a real browser: painted, moved by keyboard to what the package computes, nobody else asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.apps.tested_company import fitted_mix
from workbench.apps.media_mix_view import USUAL_WINDOW, Question, media_mix_view
from workbench.apps.media_mix_words import course_sentence, curve_sentence, headline_cards, lift_sentences, returns_rows

pytestmark = pytest.mark.slow
DRAWN = ".js-plotly-plot .scatterlayer .trace"
# The largest extent of what each chart has drawn; nothing of it is seen where it is flat.
EXTENTS = """() => [...document.querySelectorAll('.js-plotly-plot')].map(chart =>
    Math.max(...[...chart.querySelectorAll('.scatterlayer path')].map(path => {
        const box = path.getBoundingClientRect(); return Math.max(box.width, box.height);
    })))"""


def test_weeks_and_channel_moved_by_keyboard_show_what_the_package_computes(visit: Callable):
    from playwright.sync_api import expect

    view, visitor = media_mix_view(fitted_mix()), visit()
    page = visitor.open("media_mix", painted=DRAWN)
    told = page.locator(".wb-page")
    for sentence in lift_sentences(view):
        expect(told).to_contain_text(sentence)
    assert len(extents := page.evaluate(EXTENTS)) == 5
    assert min(extents) > 5
    page.get_by_label("Last weeks", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    fewer = view.recent.weeks[view.recent.weeks.index(USUAL_WINDOW) - 1]
    shows(expect, told, view, Question(weeks=fewer))
    page.get_by_label("Channel", exact=True).focus()
    page.keyboard.press("ArrowDown")
    asked = Question(channel=view.result.by_contribution[0], weeks=fewer)
    shows(expect, told, view, asked)
    expect(told).to_contain_text(curve_sentence(view, asked))
    drawn = page.locator(".wb-chart").first
    expect(drawn).to_have_attribute("aria-label", course_sentence(view, asked))
    visitor.screenshot("media_mix")
    assert visitor.errors == []
    assert visitor.outside == []


def shows(expect: Callable, told, view, asked: Question) -> None:
    """Cards, the sentence over time and every cell of the table."""
    for card in headline_cards(view, asked):
        expect(told).to_contain_text(card.value)
        expect(told).to_contain_text(card.detail)
    expect(told).to_contain_text(course_sentence(view, asked))
    for row in returns_rows(view, asked):
        for cell in row:
            expect(told).to_contain_text(cell)
