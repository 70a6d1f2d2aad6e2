"""The scenario planner: what a plan would be with another budget, caution, horizon, bounds or capacity, beside the saved one.

Where only budget and caution move, answers lie between plans found ahead; anything else is planned anew from the saved draws.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import ipywidgets as widgets

from workbench.apps.answering import Progress, follow
from workbench.apps.cards import cards
from workbench.apps.controls import button, download, text_field
from workbench.apps.page import html, page, pair, row, section
from workbench.apps.planner_answer import Answers, Shown
from workbench.apps.planner_cards import answer_cards, channel_table, reason_cards
from workbench.apps.planner_charts import PlannerCharts
from workbench.apps.planner_controls import PlannerControls
from workbench.apps.planner_worlds import shown_in_world
from workbench.apps.published import Published
from workbench.apps.saved_scenario import hand_off, save_scenario, told
from workbench.scenarios.contingency.states import EXPECTED
from workbench.scenarios.prepared import PreparedPlan
from workbench.scenarios.result import ScenarioResult


@dataclass
class ScenarioPlanner:
    """The planner's widgets and the plan they show.

    Attributes:
        published: The saved plan.
        shown: What the widgets show.
    """

    published: Published[ScenarioResult]
    controls: PlannerControls = field(init=False)
    answers: Answers = field(init=False)
    shown: Shown = field(init=False)
    numbers: widgets.HTML = field(init=False)
    reasons: widgets.HTML = field(init=False)
    channels: widgets.HTML = field(init=False)
    charts: PlannerCharts = field(init=False)
    keeping: widgets.Box = field(init=False)
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        self.controls, self.answers = PlannerControls(self.result), Answers(self.result)
        self.numbers, self.reasons, self.channels, self.progress = html(), html(), html(), Progress()
        self.shown = self._ask()
        self.charts = PlannerCharts(self.result, self.shown)
        self.keeping = self._keeping()
        self._show()
        follow(self.controls.answering, self._update, progress=self.progress, doing="Finding the plan")

    @property
    def result(self) -> ScenarioResult:
        return self.published.result

    @property
    def view(self) -> widgets.VBox:
        """All of it, to display."""
        moved = self.controls
        return page(
            self.published,
            section("What if", row(moved.world, moved.budget, moved.risk), self._more(), self.progress),
            section("What it is worth", self.numbers, self.reasons),
            section("Where the money goes", pair(self.charts.spend, self.charts.revenue), self.channels),
            section("Keep it", self.keeping),
        )

    def _more(self) -> widgets.VBox:
        moved = self.controls
        return widgets.VBox(
            [
                row(moved.horizon, moved.change, moved.room),
                row(moved.channel, moved.least, moved.most),
                button("Back to the saved plan", moved.reset),
            ]
        )

    def _keeping(self) -> widgets.Box:
        name = text_field(
            "Name", "my scenario", hint="Letters, digits and spaces; saved beside the runs, for workbench compare"
        )
        where = html('<p role="status"></p>')

        def keep() -> None:
            with self.progress.during("Saving"):
                where.value = told(save_scenario(self.published, self.shown, name.value))

        plan = download(
            "Download the plan",
            lambda: "media_plan_weekly.csv",
            lambda: hand_off(self.published, self.shown),
            hint="Weekly spend by market and channel, as systems that buy media take it",
        )
        return row(name, button("Save as scenario", keep), plan, where)

    def _update(self) -> None:
        self.shown = self._ask()
        self._show()

    def _ask(self) -> Shown:
        moved = self.controls
        moved.only_world(moved.world.value != EXPECTED)
        if isinstance(self.result, PreparedPlan) and moved.world.value != EXPECTED:
            return shown_in_world(self.result, self.answers.ground(self.answers.saved), moved.world.value)
        asked = moved.asked
        moved.priced(self.answers.current_spend(asked))
        return self.answers.shown(moved.budget.value, moved.risk.value, asked)

    def _show(self) -> None:
        """The plan and its worth at once; what is behind it follows, as that takes as long again."""
        self.numbers.value = cards(answer_cards(self.result, self.shown))
        self.charts.show(self.shown)
        self.reasons.value = cards(reason_cards(self.result, self.shown))
        self.channels.value = channel_table(self.result, self.shown)


def scenario_planner(published: Published[ScenarioResult]) -> widgets.VBox:
    """The planner of a saved plan, ready to display."""
    return ScenarioPlanner(published).view
