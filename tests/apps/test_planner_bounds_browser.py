"""The planner's bounds and teams' room in a real browser: moved by keyboard, they show what the package computes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.apps.conftest import NOTEBOOKS, PATIENCE, Visit, save_plan
from tests.publish.served import Served, serving
from workbench.apps.planner_answer import Answers, Shown
from workbench.apps.planner_cards import answer_cards, reason_cards
from workbench.apps.published import published_result
from workbench.publish.publication import publish_newest
from workbench.scenarios.otherwise import Otherwise
from workbench.scenarios.prepared import PreparedPlan
from workbench.workspace import Workspace, open_workspace

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.browser]

# Media bring the team about a fifth more than it has room for.
TOML = """
[workspace]
name = "Small company"

[planning.capacity.sales]
per_kpi = 0.01
unit = "leads"
weekly = 80
queue = "lost"
"""
# Forty steps lead from nothing to twice of today, and PageUp takes a tenth of them.
TO_TODAY = 5
STEP_OF_ROOM = 0.05


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("teams")
    (root / "workbench.toml").write_text(TOML, encoding="utf-8")
    opened = open_workspace(root)
    save_plan(opened)
    publish_newest(opened)
    return opened


@pytest.fixture(scope="module")
def result(workspace: Workspace) -> PreparedPlan:
    return published_result(PreparedPlan, workspace.root).result


@pytest.fixture(scope="module")
def site(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Takes the place of the site that tests of other files share: that company has no teams."""
    with serving(workspace, NOTEBOOKS, tmp_path_factory.mktemp("server") / "log", "--max-sessions", "2") as served:
        yield served


def shown(result: PreparedPlan, **asked: object) -> Shown:
    """The plan of the saved budget and caution, asked otherwise."""
    share = result.budget / float(result.reference.sum())
    return Answers(result).shown(share, result.risk, Otherwise(horizon_weeks=result.horizon_weeks, **asked))


def test_bounds_and_room_moved_by_keyboard_show_what_the_package_computes(visit, result: PreparedPlan):
    came: Visit = visit()
    page = came.open("scenario_planner", ".wb-chart .bars .point > path")
    tells(page, result, saved := shown(result))
    changes = result.spend.sum(axis=(0, 1)) / result.reference.sum(axis=(0, 1))
    cut = int(changes.argmin())
    assert changes[cut] < 0.9
    page.get_by_label("Bounds of one channel").focus()
    for _ in range(cut):
        page.keyboard.press("ArrowDown")
    page.get_by_label("At least", exact=True).focus()
    for _ in range(TO_TODAY):
        page.keyboard.press("PageUp")
    bounded = shown(result, bounds={result.channels[cut]: (1.0, 2.0)})
    assert bounded.answered.channel_spend[cut] >= result.reference[:, :, cut].sum() * (1 - 1e-9)
    assert differ(result, saved, bounded)
    tells(page, result, bounded)
    page.get_by_role("button", name="Back to the saved plan").click()
    tells(page, result, saved)
    page.get_by_label("What teams can take").focus()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    less_room = shown(result, room=1 - 2 * STEP_OF_ROOM)
    assert less_room.answered.revenue.estimate < saved.answered.revenue.estimate
    assert differ(result, saved, less_room)
    tells(page, result, less_room)
    came.screenshot("scenario_planner_less_room")
    assert came.errors == []
    assert came.outside == []


def differ(result: PreparedPlan, one: Shown, other: Shown) -> bool:
    """Whether visitors see another number for what the plan brings."""
    return answer_cards(result, one)[2] != answer_cards(result, other)[2]


def tells(page, result: PreparedPlan, expected: Shown) -> None:
    """Every card, with its detail."""
    for card in answer_cards(result, expected) + reason_cards(result, expected):
        for text in (card.value, card.detail):
            sync_api.expect(page.locator(".wb-page")).to_contain_text(text, timeout=PATIENCE)
