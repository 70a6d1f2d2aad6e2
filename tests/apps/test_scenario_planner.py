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
from workbench.apps.cards import cards
from workbench.apps.scenario_planner import ScenarioPlanner, answer_cards, reason_cards
from workbench.config.planning import Planning
from workbench.scenarios import PlanRequest, make_plan
from workbench.scenarios.ground import Ground
from workbench.wording import money


def test_it_opens_on_the_saved_plan(saved_plan):
    planner = ScenarioPlanner(saved_plan)
    assert (planner.budget.value, planner.risk.value) == (100, 0.2)
    np.testing.assert_allclose(planner.figure.data[1].x, saved_plan.plan["planned_spend"], rtol=0.02)
    np.testing.assert_allclose(planner.figure.data[0].x, saved_plan.plan["current_spend"])
    assert planner.answered.revenue.estimate == pytest.approx(saved_plan.estimate("revenue", "plan").estimate, rel=5e-3)


@pytest.fixture(scope="module")
def ground():
    """What the saved plan was made on, with what it takes to be spent afterwards."""
    made = make_plan(small_media_mix(draws=200), Planning(), PlanRequest(risk=0.2), horizon_weeks=6, seed=1)
    return Ground(problem=made.problem, media=made.media, capacity=None, outlook=made.outlook)


@pytest.mark.parametrize(("budget", "risk"), [(60, 0.2), (130, 0.2), (100, 0.0), (120, 1.0), (88, 0.7)])
def test_moved_sliders_show_nearly_what_a_thorough_answer_finds(saved_plan, ground, budget, risk):
    planner = ScenarioPlanner(saved_plan)
    planner.budget.value, planner.risk.value = budget, risk
    shown = planner.answered
    money_given = float(saved_plan.reference.sum()) * budget / 100
    asked = PlanRequest(budget=money_given, risk=risk)
    thorough = ground.answer(asked, seed=1).plan
    assert shown.spend.sum() <= money_given * (1 + 1e-9)
    assert shown.judged >= 0.99 * thorough.judged
    assert shown.bound >= thorough.judged * (1 - 1e-9)
    assert shown.revenue.estimate == pytest.approx(saved_plan.media.worth(shown.spend).mean())
    np.testing.assert_allclose(planner.figure.data[1].x, shown.channel_spend)
    revenue = planner.figure.data[3]
    np.testing.assert_allclose(revenue.x, shown.by_channel[0])
    np.testing.assert_allclose(revenue.x + revenue.error_x.array, shown.by_channel[2])
    np.testing.assert_allclose(revenue.x - revenue.error_x.arrayminus, shown.by_channel[1])
    for card in answer_cards(saved_plan, shown):
        assert card.value in planner.numbers.value
        assert card.detail in planner.numbers.value
    for card in reason_cards(saved_plan, shown, risk):
        assert card.value in planner.reasons.value
        assert card.detail in planner.reasons.value


@pytest.mark.parametrize("budget", [70, 100, 125])
def test_cards_say_what_holds_channels_and_what_the_next_unit_brings(saved_plan, budget):
    """Held channels stand at half or at one and a half times what they got; what 1% more brings is looked up in the draws."""
    planner = ScenarioPlanner(saved_plan)
    planner.budget.value = budget
    spend, reference = planner.answered.spend, saved_plan.reference
    held = saved_plan.held(planner.answered.budget, planner.risk.value)
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
    card, *_ = reason_cards(saved_plan, planner.answered, planner.risk.value)
    free = {name: value for name, (value, movable) in brought.items() if movable}
    best = max(free, key=free.__getitem__, default=None)
    assert (card.value, best is None or best in card.detail) == (
        "–" if best is None else money(free[best], "EUR"),
        True,
    )


def test_a_move_of_either_slider_is_answered_at_once(saved_plan):
    """By CPU time of all threads, which other work on the machine doesn't lengthen; the 95th percentile of 40 moves."""
    planner = ScenarioPlanner(saved_plan)
    ticks = []
    for step in range(40):
        started = time.process_time()
        if step % 2:
            planner.risk.value = 0.05 + 0.9 * step / 40
        else:
            planner.budget.value = 101 + step
        ticks.append(time.process_time() - started)
    assert np.quantile(ticks, 0.95) < 0.1


def test_a_forced_plan_is_shown_as_one(saved_plan):
    assert len(ScenarioPlanner(saved_plan).view.children) == 4
    first = ScenarioPlanner(replace(saved_plan, forced=True)).view.children[0]
    assert "FORCED" in first.value
    assert 'role="alert"' in first.value


def test_names_from_the_company_cannot_become_markup():
    from workbench.apps.cards import Card

    assert "<script>" not in cards([Card("<script>", "<b>", "&")])


def test_the_app_needs_neither_the_modelling_nor_the_drawing_stack():
    heavy = "{'pymc', 'pytensor', 'seaborn', 'matplotlib', 'sklearn', 'arviz'}"
    code = f"import sys, workbench.apps.scenario_planner; print({heavy} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"


def test_the_notebook_shows_the_saved_plan(repository, planned_workspace, saved_plan, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(planned_workspace.root))
    notebook = nbformat.read(repository / "notebooks" / "apps" / "scenario_planner.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": repository}}).execute()
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"].state.values()
    shown = next(state.state.value for state in states if state.model_name == "HTMLModel")
    assert shown == ScenarioPlanner(saved_plan).numbers.value
    view = notebook.cells[-1].outputs[0].data
    assert "application/vnd.jupyter.widget-view+json" in view
