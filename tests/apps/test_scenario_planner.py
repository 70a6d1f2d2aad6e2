"""The planner shows what the planning functions compute, at once, and starts without the modelling stack."""

import subprocess
import sys
import time
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from tests.scenarios.small_company import small_media_mix
from workbench.apps.answering import Progress
from workbench.apps.planner_cards import against_saved, answer_cards, reason_cards
from workbench.apps.scenario_planner import ScenarioPlanner
from workbench.config.planning import Planning
from workbench.scenarios import PlanRequest, make_plan, plan_budget
from workbench.scenarios.answer import interval_of
from workbench.scenarios.ground import Ground
from workbench.wording import money, signed


def test_it_opens_on_the_saved_plan(saved, saved_plan):
    planner = ScenarioPlanner(saved)
    assert (planner.controls.budget.value, planner.controls.risk.value) == (1.0, 0.2)
    now, planned, kept = (trace.x for trace in planner.charts.spend.data)
    np.testing.assert_allclose(planned, saved_plan.plan["planned_spend"])
    np.testing.assert_allclose(kept, saved_plan.plan["planned_spend"])
    np.testing.assert_allclose(now, saved_plan.plan["current_spend"])
    revenue, gap = (saved_plan.estimate(quantity, "plan").estimate for quantity in ("revenue", "optimality_gap"))
    assert planner.shown.answered.revenue.estimate == pytest.approx(revenue)
    assert planner.shown.answered.gap <= gap + 1e-9
    assert planner.shown.held == tuple(saved_plan.plan["binding"])
    assert against_saved(saved_plan, planner.shown).detail == "this is the saved plan"


def test_it_opens_on_the_saved_plan_whatever_was_asked(saved):
    budget = 0.87654 * float(saved.result.reference.sum())
    asked = PlanRequest(budget=budget, risk=0.33)
    mix, planning = small_media_mix(draws=200), Planning(max_change=0.37)
    plan = plan_budget(mix, planning, asked, horizon_weeks=6, provenance=saved.result.provenance, seed=1)
    planner = ScenarioPlanner(replace(saved, result=plan))
    assert planner.shown.answered.spend.tolist() == plan.spend.tolist()
    planner.controls.budget.value = 1.0
    planner.controls.reset()
    assert planner.shown.answered.spend.tolist() == plan.spend.tolist()


@pytest.fixture(scope="module")
def ground() -> Ground:
    """What the saved plan was made on, with what it takes to be spent afterwards."""
    made = make_plan(small_media_mix(draws=200), Planning(), PlanRequest(risk=0.2), horizon_weeks=6, seed=1)
    return Ground(problem=made.problem, media=made.media, capacity=None, outlook=made.outlook)


@pytest.mark.parametrize(("budget", "risk"), [(0.6, 0.2), (1.3, 0.2), (1.0, 0.0), (1.2, 1.0), (0.88, 0.7)])
def test_moved_sliders_show_nearly_what_a_thorough_answer_finds(saved, saved_plan, ground, budget, risk):
    planner = ScenarioPlanner(saved)
    planner.controls.budget.value, planner.controls.risk.value = budget, risk
    shown = planner.shown.answered
    money_given = float(saved_plan.reference.sum()) * budget
    thorough = ground.answer(PlanRequest(budget=money_given, risk=risk), seed=1).plan
    assert shown.spend.sum() <= money_given * (1 + 1e-9)
    assert shown.judged >= 0.99 * thorough.judged
    assert shown.bound >= thorough.judged * (1 - 1e-9)
    assert shown.revenue.estimate == pytest.approx(saved_plan.media.worth(shown.spend).mean())
    np.testing.assert_allclose(planner.charts.spend.data[1].x, shown.channel_spend)
    revenue = planner.charts.revenue.data[1]
    np.testing.assert_allclose(revenue.x, planner.shown.by_channel[0])
    np.testing.assert_allclose(revenue.x + revenue.error_x.array, planner.shown.by_channel[2])
    np.testing.assert_allclose(revenue.x - revenue.error_x.arrayminus, planner.shown.by_channel[1])
    _tells(planner)


def _tells(planner: ScenarioPlanner) -> None:
    for place, told in (
        (planner.numbers, answer_cards(planner.result, planner.shown)),
        (planner.reasons, reason_cards(planner.result, planner.shown)),
    ):
        assert all(card.value in place.value and card.detail in place.value for card in told)


@pytest.mark.parametrize("budget", [0.7, 1.0, 1.25])
def test_cards_say_what_holds_channels_and_what_the_next_unit_brings(saved, saved_plan, budget):
    """Held channels stand at half or at one and a half times what they got; what 1% more brings is looked up in the draws."""
    planner = ScenarioPlanner(saved)
    planner.controls.budget.value = budget
    spend, reference, held = planner.shown.answered.spend, saved_plan.reference, planner.shown.held
    for channel, reason in enumerate(held):
        if "change of at most 50%" in reason:
            moved = spend.sum(axis=0)[:, channel] / reference.sum(axis=0)[:, channel]
            assert np.isclose(abs(moved - 1), 0.5, atol=2e-3).mean() >= 0.5
    brought = {}
    for channel, reason in enumerate(held):
        more = spend.copy()
        more[:, :, channel] *= 1.01
        gained = saved_plan.media.worth(more).mean() - saved_plan.media.worth(spend).mean()
        brought[saved_plan.channels[channel]] = (gained / (more - spend).sum(), not reason)
    _, card, *_ = reason_cards(saved_plan, planner.shown)
    free = {name: value for name, (value, movable) in brought.items() if movable}
    best = max(free, key=free.__getitem__, default=None)
    assert card.value == ("–" if best is None else money(free[best], "EUR"))
    assert best is None or saved_plan.label(best) in card.detail


def test_the_saved_plan_is_compared_draw_by_draw(saved, saved_plan):
    planner = ScenarioPlanner(saved)
    planner.controls.budget.value = 1.2
    spend = planner.shown.answered.spend
    apart = interval_of(saved_plan.media.worth(spend) - saved_plan.media.worth(saved_plan.spend))
    card = against_saved(saved_plan, planner.shown)
    assert card.value == signed(apart.estimate, "EUR")
    assert signed(float(spend.sum() - saved_plan.spend.sum()), "EUR") in card.detail
    # Draws in common leave the difference surer than either plan's own worth.
    own = planner.shown.answered.revenue
    assert apart.upper - apart.lower < own.upper - own.lower


def test_other_weeks_and_limits_are_planned_anew_and_the_button_leads_back(saved, saved_plan):
    planner = ScenarioPlanner(saved)
    opened, moved = planner.shown.answered, planner.controls
    moved.horizon.value = 4
    assert len(planner.shown.weeks) == 4
    assert "4 weeks" in planner.numbers.value
    assert "a week" in against_saved(saved_plan, planner.shown).value
    moved.horizon.value = saved_plan.horizon_weeks
    moved.change.value = 0.1
    current = saved_plan.reference.sum(axis=(0, 1))
    np.testing.assert_array_less(abs(planner.shown.answered.channel_spend / current - 1), 0.1 + 1e-6)
    moved.change.value = 0.5
    moved.channel.value = "search"
    moved.most.value = 0.8
    assert planner.shown.answered.channel_spend[1] <= 0.8 * current[1] * (1 + 1e-6)
    assert moved.bounds == {"search": (0.0, 0.8)}
    _tells(planner)
    moved.reset()
    assert planner.shown.answered.revenue == opened.revenue
    assert planner.shown.asked == planner.answers.saved


def test_limits_that_no_plan_keeps_are_refused_in_a_sentence_and_the_last_plan_stays(saved):
    planner = ScenarioPlanner(saved)
    planner.controls.budget.value = 0.6
    before = planner.shown
    planner.controls.change.value = 0.1
    assert planner.shown is before
    assert 'role="alert"' in planner.progress.value
    planner.controls.reset()
    assert 'role="alert"' not in planner.progress.value


def test_a_plan_prepared_for_another_world_is_worth_there_what_was_saved(saved, saved_plan):
    planner = ScenarioPlanner(saved)
    planner.controls.world.value = "rival_leaves"
    row = saved_plan.scenarios.set_index("scenario").loc["rival_leaves"]
    revenue = planner.shown.answered.revenue
    assert (revenue.estimate, revenue.lower, revenue.upper) == pytest.approx(
        (row["revenue"], row["revenue_lower"], row["revenue_upper"])
    )
    assert planner.shown.answered.gap == pytest.approx(row["gap"])
    assert planner.shown.by_channel[0].sum() == pytest.approx(row["revenue"])
    assert planner.shown.saved.mean() == pytest.approx(row["kept_revenue"])
    assert planner.controls.budget.disabled
    planner.controls.world.value = "expected"
    assert not planner.controls.budget.disabled


def test_a_move_of_either_slider_is_answered_at_once(saved):
    """By CPU time of all threads, which other work on the machine doesn't lengthen; the 95th percentile of 40 moves."""
    planner = ScenarioPlanner(saved)
    ticks = []
    for step in range(40):
        started = time.process_time()
        if step % 2:
            planner.controls.risk.value = 0.05 * (step // 2)
        else:
            planner.controls.budget.value = 1.01 + step / 100
        ticks.append(time.process_time() - started)
    assert np.quantile(ticks, 0.95) < 0.1


def test_what_takes_longer_says_so_while_it_lasts():
    progress, told = Progress(), []
    progress.observe(lambda change: told.append(change["new"]), names="value")
    with progress.during("Finding the plan"):
        assert "Finding the plan" in progress.value
    assert [("Finding" in each, "alert" in each) for each in told] == [(True, False), (False, False)]


def test_a_forced_plan_is_shown_as_one(saved, saved_plan):
    def head(published) -> str:
        return ScenarioPlanner(published).view.children[0].value

    assert "FORCED" not in head(saved)
    forced = head(replace(saved, result=replace(saved_plan, forced=True)))
    assert "FORCED" in forced
    assert 'role="alert"' in forced


def test_names_from_the_company_cannot_become_markup():
    from workbench.apps.cards import Card, cards
    from workbench.apps.page import table

    assert "<script>" not in cards([Card("<script>", "<b>", "&")])
    assert "<script>" not in table(["<script>"], [["<script>"]], caption="<script>")


def test_the_app_needs_neither_the_modelling_nor_the_drawing_stack():
    heavy = "{'pymc', 'pytensor', 'seaborn', 'matplotlib', 'sklearn', 'arviz', 'duckdb', 'ibis'}"
    code = f"import sys, workbench.apps.scenario_planner; print({heavy} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"


def test_the_notebook_shows_the_saved_plan(repository, planned_workspace, saved, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(planned_workspace.root))
    monkeypatch.delenv("WORKBENCH_PUBLISHED", raising=False)
    notebook = nbformat.read(repository / "notebooks" / "apps" / "scenario_planner.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": repository}}).execute()
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"].state.values()
    shown = [state.state.value for state in states if state.model_name == "HTMLModel"]
    assert ScenarioPlanner(saved).numbers.value in shown
    assert "application/vnd.jupyter.widget-view+json" in notebook.cells[-1].outputs[0].data
