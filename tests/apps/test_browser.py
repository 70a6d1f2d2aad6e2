"""The planner in a real browser: it paints, moves, and asks nobody else."""

import shutil
from collections.abc import Iterator

import pytest

from workbench.apps.scenario_planner import answer_cards, quick_answer, reason_cards
from workbench.scenarios import ScenarioResult

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
)
PAINTED = ".js-plotly-plot .bars .point > path"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install the system package chromium"),
]


@pytest.fixture
def page() -> "Iterator[sync_api.Page]":
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser.new_page()
        browser.close()


def test_a_slider_moved_by_keyboard_shows_what_the_package_computes(served, page, saved_plan: ScenarioResult):
    requests, errors = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    home = f"http://127.0.0.1:{served}/"
    page.goto(home, timeout=120_000)
    page.wait_for_selector(PAINTED, timeout=120_000)
    sync_api.expect(page.locator(PAINTED)).to_have_count(4 * len(saved_plan.plan))
    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    expected = quick_answer(saved_plan, 1.01 * float(saved_plan.reference.sum()), saved_plan.risk)
    shown = answer_cards(saved_plan, expected) + reason_cards(saved_plan, expected, saved_plan.risk)
    numbers = page.locator("body")
    sync_api.expect(numbers).to_contain_text(shown[0].value, timeout=30_000)
    for card in shown[1:]:
        sync_api.expect(numbers).to_contain_text(card.value)
    assert [url for url in requests if not url.startswith((home, "data:", "blob:"))] == []
    assert errors == []
