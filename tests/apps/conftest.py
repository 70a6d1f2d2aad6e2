"""Saved plans for the planner to load, and one published workspace served to browsers, with every app that has results in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.apps import segments_company, tested_company
from tests.publish.served import Served, serving
from tests.scenarios.small_company import small_media_mix
from workbench.apps.published import Published, published_result
from workbench.publish.publication import publish_newest
from workbench.runs.company_plan import plan_company
from workbench.runs.plan_capacity import plan_capacity
from workbench.runs.plan_contingency import plan_contingency
from workbench.runs.plan_goals import plan_goals
from workbench.runs.plan_to_sign import plan_to_sign
from workbench.runs.save import RUN_DIR_VARIABLE, save_run
from workbench.scenarios import PlanRequest
from workbench.scenarios.prepared import PreparedPlan
from workbench.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PLACES, PATIENCE, FULL = 6, 120_000, 503
TOML = """
[workspace]
name = "Small company"

[planning.scenarios.rival_leaves]
kind = "over"
response = 1.2
from_week = 3
"""
EXPERIMENT = tested_company.TOML.partition("[channels")[1] + tested_company.TOML.partition("[channels")[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
)
NOTEBOOKS = Path(__file__).parents[2] / "notebooks" / "apps"
SCREENSHOTS = Path(__file__).parents[2] / ".screenshots"


@pytest.fixture(scope="session")
def planned_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with one finished run of planning, prepared for another world too."""
    root = tmp_path_factory.mktemp("workspace")
    (root / "workbench.toml").write_text(TOML, encoding="utf-8")
    workspace = open_workspace(root)
    save_plan(workspace)
    return workspace


def save_plan(workspace: Workspace) -> None:
    plan = plan_company(
        workspace, small_media_mix(draws=200), PlanRequest(risk=0.2), horizon_weeks=6, force=False, seed=1
    )
    prepared = plan_to_sign(
        plan.result,
        goals=plan_goals(workspace, plan),
        capacity=plan_capacity(plan),
        contingency=plan_contingency(workspace, plan),
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(RUN_DIR_VARIABLE, raising=False)
        save_run(prepared, workspace=workspace)


@pytest.fixture(scope="session")
def saved(planned_workspace: Workspace) -> Published[PreparedPlan]:
    return published_result(PreparedPlan, planned_workspace.root)


@pytest.fixture(scope="session")
def saved_plan(saved: Published[PreparedPlan]) -> PreparedPlan:
    return saved.result


@pytest.fixture(scope="session")
def published_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One company with results for every app, all of them published."""
    root = tmp_path_factory.mktemp("published")
    (root / "workbench.toml").write_text(TOML + EXPERIMENT, encoding="utf-8")
    workspace = open_workspace(root)
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(RUN_DIR_VARIABLE, raising=False)
        save_plan(workspace)
        tested_company.save_company(workspace)
        segments_company.save_segments(
            segments_company.segmented(segments_company.shop_orders(), segments_company.SECOND), workspace
        )
    publish_newest(workspace)
    return workspace


@pytest.fixture(scope="session")
def planner_published(published_workspace: Workspace) -> Published[PreparedPlan]:
    return published_result(PreparedPlan, published_workspace.root)


@pytest.fixture(scope="session")
def site(published_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """All apps, served to at most so many pages at once."""
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(published_workspace, NOTEBOOKS, log, "--max-sessions", str(PLACES)) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for the tests of a file: while it is open, nothing else in the process can run an event loop."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium; install the system package chromium")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield opened
        opened.close()


@dataclass
class Visit:
    """A visitor with a browser of their own, and what went wrong on their page.

    Attributes:
        page: The page.
        origin: Of the server.
        errors: What the console told as errors.
        outside: Requests to anywhere else.
    """

    page: Page
    origin: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self._told(message.type, message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def open(self, app: str, painted: str = ".wb-page h2") -> Page:
        """Open an app and wait until it is painted; asks again while all places are taken."""
        for _ in range(60):
            answer = self.page.goto(f"{self.origin}/app/{app}" if app else self.origin, timeout=PATIENCE)
            if answer is not None and answer.status != FULL:
                break
            self.errors.clear()
            self.page.wait_for_timeout(2000)
        self.page.wait_for_selector(painted, timeout=PATIENCE)
        return self.page

    def leave(self) -> None:
        """Close the tab as people do, so that the page may tell the server."""
        self.page.goto("about:blank")
        self.page.context.close()

    def screenshot(self, name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def _told(self, kind: str, text: str) -> None:
        if kind == "error":
            self.errors.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.origin, "data:", "blob:")):
            self.outside.append(url)


@pytest.fixture
def visit(site: Served, browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Let in another visitor, with a screen of the given width; all leave when the test ends."""
    visits: list[Visit] = []

    def come(width: int = 1280, height: int = 900) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height})
        visits.append(Visit(context.new_page(), site.origin))
        return visits[-1]

    yield come
    for each in visits:
        each.leave()
