"""The experiments app in a real browser: painted, moved by keyboard to what the package computes, nobody else asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from workbench.apps.experiments import opening
from workbench.apps.experiments_course import course_of, metrics, treatments
from workbench.apps.experiments_saved import SavedReadout, known_learnings, read_tests
from workbench.apps.experiments_words import Search, found, gates_sentence, learning_lines, verdict_cards
from workbench.apps.published import published_results
from workbench.workspace import Workspace

pytestmark = pytest.mark.slow
DRAWN = ".js-plotly-plot .scatterlayer .trace"
PHONE = 390


def test_tests_and_measures_moved_by_keyboard_show_what_the_package_computes(
    visit: Callable, published_workspace: Workspace
):
    from playwright.sync_api import expect

    tests = read_tests(published_results(SavedReadout, published_workspace.root), date.today())
    visitor = visit()
    page = visitor.open("experiments", painted=DRAWN)
    told = page.locator(".wb-page")
    place = next(i for i, test in enumerate(tests) if test.readout.experiment_id == "spring_offer")
    start = tests.index(opening(tests))
    assert start < place
    page.get_by_label("Test", exact=True).focus()
    for _ in range(place - start):
        page.keyboard.press("ArrowDown")
    for card in verdict_cards(tests[place]):
        expect(told).to_contain_text(card.value)
        expect(told).to_contain_text(card.detail)
    expect(told).to_contain_text(gates_sentence(tests[place]))
    page.get_by_label("Measure", exact=True).focus()
    page.keyboard.press("ArrowDown")
    course = course_of(tests[place], treatments(tests[place])[0], metrics(tests[place])[1])
    expect(told).to_contain_text(course.told)
    chart = page.locator(".wb-chart").first
    expect(chart).to_have_attribute("aria-label", course.told)
    expect(chart.locator(".scatterlayer .trace").nth(2).locator("path.point")).to_have_count(len(course.days))
    visitor.screenshot("experiments")
    assert visitor.errors == []
    assert visitor.outside == []


def test_learnings_are_found_by_typing(visit: Callable, published_workspace: Workspace):
    from playwright.sync_api import expect

    records = known_learnings(published_results(SavedReadout, published_workspace.root))
    visitor = visit(width=PHONE)
    page = visitor.open("experiments", painted=DRAWN)
    page.get_by_label("Words", exact=True).focus()
    page.keyboard.type("raises spend")
    page.keyboard.press("Enter")
    page.get_by_label("Audience", exact=True).select_option("newcomers")
    fitting = found(records, Search(text="raises spend", audience="newcomers"))
    assert 0 < len(fitting) < len(records)
    expect(page.locator(".wb-page")).to_contain_text(f"{len(fitting)} of {len(records)} tests fit.")
    expect(page.locator("article h3")).to_have_text([learning_lines(record)[0] for record in fitting])
    visitor.screenshot("experiments-phone")
    assert visitor.errors == []
