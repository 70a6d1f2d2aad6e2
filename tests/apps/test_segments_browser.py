"""Segments and the first page in a real browser: painted, moved by keyboard to what the package computes, nobody else asked."""

from collections.abc import Callable

import pytest

from workbench.apps.published import published_results
from workbench.apps.segments_movement import TITLE
from workbench.apps.segments_overview import EACH, measured
from workbench.apps.segments_profile import profile_cards, trait_bars
from workbench.apps.segments_saved import SavedSegments, shown_first, shown_segments

pytestmark = pytest.mark.slow
BARS = ".js-plotly-plot .bars .point > path"
PHONE = 390


def test_segments_are_painted_and_a_picker_moved_by_keyboard_shows_the_package_s_numbers(
    visit: Callable, published_workspace
):
    from playwright.sync_api import expect

    run = shown_first(published_results(SavedSegments, published_workspace.root))
    visitor = visit()
    page = visitor.open("segments", painted=BARS)
    page.get_by_label("Show", exact=True).first.focus()
    page.keyboard.press("ArrowDown")
    first_chart = page.locator(".wb-chart").first
    for text in measured(run, EACH).texts:
        expect(first_chart).to_contain_text(text)
    segments = shown_segments(run).segment.tolist()
    page.get_by_label("Segment", exact=True).select_option(segments[-1])
    for card in profile_cards(run, segments[-1]):
        expect(page.locator(".wb-page")).to_contain_text(card.value)
    page.get_by_label("By", exact=True).select_option("Number of purchases")
    bars, chart = trait_bars(run, segments[-1], "purchases"), page.locator(".wb-chart").nth(1)
    for text in bars.texts:
        expect(chart).to_contain_text(text)
    assert page.locator(BARS).count() >= len(segments)
    assert TITLE in page.locator(".wb-page").inner_text()
    visitor.screenshot("segments")
    assert visitor.errors == []
    assert visitor.outside == []


def test_a_phone_shows_segments_without_scrolling_sideways(visit: Callable):
    visitor = visit(width=PHONE)
    page = visitor.open("segments", painted=BARS)
    page.wait_for_function(f"document.documentElement.scrollWidth <= {PHONE}")
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.wb-chart svg .textpoint text')]
              .filter(each => each.getBoundingClientRect().right > innerWidth + 1).map(each => each.textContent)"""
    )
    assert cut == []
    visitor.screenshot("segments-phone")


@pytest.mark.parametrize("width", [1280, PHONE])
def test_the_first_page_leads_to_every_app_and_report(visit: Callable, width: int):
    visitor = visit(width=width)
    page = visitor.open("", painted=".wb-card")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    links = page.locator(".wb-card a").evaluate_all("links => links.map(link => link.href)")
    apps = {link for link in links if "/app/" in link}
    assert f"{visitor.origin}/app/segments" in {link.replace("//app", "/app") for link in apps}
    for link in links:
        assert page.request.head(link).ok, link
    visitor.screenshot(f"index-{width}")
    assert visitor.errors == []
    assert visitor.outside == []
