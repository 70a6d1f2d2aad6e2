"""The apps in a real browser: they paint, ask nobody else, answer the keyboard, fit a phone, and keep visitors apart."""

import os
import re
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.apps.conftest import PATIENCE, PLACES, Visit
from workbench.apps.planner_answer import Answers
from workbench.apps.planner_cards import answer_cards, reason_cards
from workbench.apps.published import Published
from workbench.runs.forked_kernel import kernel_name
from workbench.scenarios.prepared import PreparedPlan

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.browser]

APPS = ("scenario_planner", "media_mix", "segments", "experiments", "")
BARS = ".wb-chart .bars .point > path"
MARKS = f"{BARS}, .wb-chart .scatterlayer path"
NAMED = """() => [...document.querySelectorAll('input, select, button, a[href], [role=img], [role=slider], [role=region]')]
    .filter(each => each.offsetParent !== null)
    .filter(each => !(each.labels?.length && each.labels[0].textContent.trim()) && !each.getAttribute('aria-label')
        && !each.textContent.trim())
    .map(each => each.outerHTML.slice(0, 200))"""
REACHED = """() => {
    const at = document.activeElement;
    return at === document.body ? '' : at.id || at.textContent.trim().slice(0, 40) || at.outerHTML.slice(0, 80);
}"""
REACHABLE = """() => [...document.querySelectorAll('main input, main select, main button, main a[href]')]
    .filter(each => each.offsetParent !== null && !each.disabled).length"""


@pytest.mark.parametrize("app", APPS)
def test_an_app_paints_without_errors_or_requests_elsewhere(visit, app):
    came: Visit = visit()
    page = came.open(app)
    if app not in {"", "experiments"}:
        page.wait_for_selector(MARKS, timeout=PATIENCE)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").count() == 1
    assert page.evaluate(NAMED) == []
    came.screenshot(f"{app or 'index'}_desktop")
    assert came.outside == []
    assert came.errors == []


@pytest.mark.parametrize("app", APPS)
def test_an_app_fits_a_phone_without_sideways_scroll(visit, app):
    came: Visit = visit(390, 844)
    page = came.open(app)
    # Charts that come before their column is laid out take its width a moment later.
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
    came.screenshot(f"{app or 'index'}_phone")


def test_sliders_moved_by_keyboard_show_what_the_package_computes(visit, planner_published: Published[PreparedPlan]):
    page = visit().open("scenario_planner", BARS)
    result, answers = planner_published.result, Answers(planner_published.result)
    assert page.locator(BARS).count() == 4 * len(result.plan)
    page.get_by_label("Budget", exact=True).focus()
    page.keyboard.press("ArrowRight")
    budget = result.budget / float(result.reference.sum()) + 0.01
    expected = answers.shown(round(budget, 2), result.risk, answers.saved)
    _tells(page, answer_cards(result, expected) + reason_cards(result, expected))
    page.get_by_label("Caution").focus()
    page.keyboard.press("End")
    expected = answers.shown(round(budget, 2), 1.0, answers.saved)
    _tells(page, answer_cards(result, expected))
    for label in ("Horizon", "Each channel may move by", "At most"):
        before = page.locator(".wb-cards").first.inner_text()
        page.get_by_label(label).focus()
        page.keyboard.press("Home" if label == "Horizon" else "ArrowLeft")
        if label == "Horizon":
            sync_api.expect(page.locator(".wb-cards").first).not_to_have_text(before, timeout=PATIENCE)
            sync_api.expect(page.locator(".wb-cards").first).to_contain_text("4 weeks", timeout=PATIENCE)


def _tells(page, cards) -> None:
    for card in cards:
        sync_api.expect(page.locator(".wb-page")).to_contain_text(card.value, timeout=PATIENCE)
        sync_api.expect(page.locator(".wb-page")).to_contain_text(card.detail, timeout=PATIENCE)


def test_everything_is_reached_by_tab_and_the_first_stop_skips_the_header(visit):
    page = visit().open("scenario_planner", BARS)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    stops = []
    for _ in range(80):
        page.keyboard.press("Tab")
        stop = page.evaluate(REACHED)
        if not stop:
            break
        stops.append(stop)
    assert len(stops) >= page.evaluate(REACHABLE)


def test_visitors_do_not_see_each_others_moves(visit):
    first, second = visit().open("scenario_planner", BARS), visit().open("scenario_planner", BARS)
    cards = [page.locator(".wb-cards").first for page in (first, second)]
    assert cards[0].inner_text() == cards[1].inner_text()
    before = cards[1].inner_text()
    first.get_by_label("Budget", exact=True).focus()
    first.keyboard.press("End")
    sync_api.expect(cards[0]).not_to_have_text(re.compile(re.escape(before[:40])), timeout=PATIENCE)
    second.wait_for_timeout(1000)
    assert cards[1].inner_text() == before


def test_a_page_whose_process_ended_says_so(visit):
    page = visit().open("scenario_planner", BARS)
    kernel = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    sync_api.expect(page.locator("#session-ended")).to_be_hidden()
    _end(kernel)
    sync_api.expect(page.locator("#session-ended")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Reload").click()
    page.wait_for_selector(BARS, timeout=PATIENCE)


def _end(kernel: str) -> None:
    """Kill the process that a page talks to, found by its name."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "comm").read_text().strip() == kernel_name(kernel):
                os.kill(int(folder.name), signal.SIGKILL)


def test_twenty_visitors_are_served_or_told_to_wait(visit):
    visits = [visit() for _ in range(20)]
    answers = [
        each.page.goto(f"{each.origin}/app/scenario_planner", wait_until="commit", timeout=PATIENCE) for each in visits
    ]
    statuses = [answer.status for answer in answers]
    assert set(statuses) <= {200, 503}
    assert 1 <= statuses.count(200) <= PLACES
    waiting = next(each for each, status in zip(visits, statuses, strict=True) if status == 503)
    assert "places" in waiting.page.content()
    waiting.screenshot("all_places_taken")
    served = next(each for each, status in zip(visits, statuses, strict=True) if status == 200)
    served.page.wait_for_selector(BARS, timeout=PATIENCE)
    assert served.outside == []
