"""The planner shows what the planning functions compute, at once, and starts without the modelling stack."""

import subprocess
import sys
import time

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from workbench.apps.cards import cards
from workbench.apps.scenario_planner import ScenarioPlanner, answer_cards
from workbench.scenarios import answer
from workbench.wording import money


def test_it_opens_on_the_saved_plan(saved_plan):
    planner = ScenarioPlanner(saved_plan)
    assert (planner.budget.value, planner.risk.value) == (100, 0.2)
    np.testing.assert_allclose(planner.figure.data[1].x, saved_plan.plan["planned_spend"], rtol=1e-3)
    np.testing.assert_allclose(planner.figure.data[0].x, saved_plan.plan["current_spend"])
    assert money(saved_plan.estimate("revenue", "plan").estimate, "EUR") in planner.numbers.value


@pytest.mark.parametrize(("budget", "risk"), [(60, 0.2), (130, 0.2), (100, 0.0), (120, 1.0)])
def test_moved_sliders_show_what_a_thorough_answer_finds(saved_plan, budget, risk):
    planner = ScenarioPlanner(saved_plan)
    planner.budget.value, planner.risk.value = budget, risk
    curves = saved_plan.channel_curves
    expected = answer(curves, saved_plan.limits, curves.current.sum() * budget / 100, risk=risk)
    shown = planner.answered
    assert shown.allocation.value == pytest.approx(expected.allocation.value, rel=1e-3)
    assert shown.allocation.bound >= expected.allocation.value * (1 - 1e-9)
    np.testing.assert_allclose(planner.figure.data[1].x, shown.allocation.spend)
    revenue = planner.figure.data[3]
    np.testing.assert_allclose(revenue.x, shown.by_channel[0])
    np.testing.assert_allclose(revenue.x + revenue.error_x.array, shown.by_channel[2])
    np.testing.assert_allclose(revenue.x - revenue.error_x.arrayminus, shown.by_channel[1])
    for card in answer_cards(shown, "EUR"):
        assert card.value in planner.numbers.value
        assert card.detail in planner.numbers.value


def test_a_tick_is_answered_at_once(saved_plan):
    planner = ScenarioPlanner(saved_plan)
    ticks = []
    for budget in range(101, 131):
        started = time.process_time()
        planner.budget.value = budget
        ticks.append(time.process_time() - started)
    assert np.median(ticks) < 0.1


def test_names_from_the_company_cannot_become_markup():
    from workbench.apps.cards import Card

    assert "<script>" not in cards([Card("<script>", "<b>", "&")])


def test_the_app_needs_neither_the_modelling_nor_the_drawing_stack():
    heavy = "{'pymc', 'pytensor', 'seaborn', 'matplotlib', 'scipy', 'sklearn', 'arviz'}"
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
