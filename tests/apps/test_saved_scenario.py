"""What is kept of a plan is the plan: other systems get the file that a run writes, and `workbench compare` reads the scenario."""

import shutil
from dataclasses import replace

import pandas as pd
import pytest

from workbench.apps.saved_scenario import hand_off, save_scenario
from workbench.apps.scenario_planner import ScenarioPlanner
from workbench.errors import SpecError
from workbench.runs.compare_plans import compare_plans, saved_scenario
from workbench.runs.handoff import write_handoff
from workbench.scenarios.prepared import PreparedPlan
from workbench.workspace import open_workspace


@pytest.fixture
def mine(saved, tmp_path):
    """The workspace as a copy of one's own."""
    root = shutil.copytree(saved.workspace.root, tmp_path / "mine")
    return replace(saved, workspace=open_workspace(root))


def test_the_handed_off_file_of_the_saved_plan_is_the_runs_own_but_for_the_name_of_what_was_asked(
    mine, saved_plan, tmp_path
):
    planner = ScenarioPlanner(mine)
    shown = replace(planner.shown, answered=replace(planner.shown.answered, spend=saved_plan.spend))
    write_handoff({"media_plan_weekly.csv": saved_plan.handoff["media_plan_weekly.csv"]}, tmp_path)
    (tmp_path / "app.csv").write_bytes(hand_off(mine, shown))
    own, theirs = (pd.read_csv(tmp_path / name) for name in ("app.csv", "media_plan_weekly.csv"))
    pd.testing.assert_frame_equal(own.drop(columns="scenario_hash"), theirs.drop(columns="scenario_hash"))


@pytest.mark.parametrize("weeks", [6, 4])
def test_a_saved_scenario_is_compared_by_the_command_and_reads_as_what_was_shown(mine, saved_plan, weeks):
    planner = ScenarioPlanner(mine)
    planner.controls.horizon.value, planner.controls.budget.value = weeks, 1.2
    shown = planner.shown.answered
    folder = save_scenario(mine, planner.shown, " Bolder: 20% more ")
    assert folder.as_posix() == "reports/scenarios/bolder_20_more"
    kept = saved_scenario(mine.workspace, folder.as_posix()).plan
    assert kept.spend.shape[0] == kept.horizon_weeks == weeks
    assert kept.spend == pytest.approx(shown.spend)
    assert kept.estimate("revenue", "plan").lower == pytest.approx(shown.revenue.lower)
    assert kept.media.worth(kept.spend).mean() == pytest.approx(shown.revenue.estimate)
    money = compare_plans(mine.workspace, "latest", folder.as_posix()).money.set_index("quantity")
    assert money.loc["spend", "change"] == pytest.approx(shown.spend.sum() - saved_plan.spend.sum())
    if weeks == saved_plan.horizon_weeks:
        apart = saved_plan.media.worth(shown.spend) - saved_plan.media.worth(saved_plan.spend)
        assert money.loc["revenue", "change"] == pytest.approx(apart.mean())
    assert kept.scenario_hash != saved_plan.scenario_hash
    rows = pd.read_csv(pd.io.common.BytesIO(hand_off(mine, planner.shown)))
    assert set(rows["scenario_hash"]) == {kept.scenario_hash}
    # A scenario opens in the planner as a plan of its own.
    assert ScenarioPlanner(replace(mine, result=kept)).shown.answered.revenue.estimate == pytest.approx(
        shown.revenue.estimate, rel=1e-3
    )


def test_a_scenario_never_replaces_another_nor_lies_elsewhere(mine):
    planner = ScenarioPlanner(mine)
    folder = save_scenario(mine, planner.shown, "../../etc")
    assert folder.as_posix() == "reports/scenarios/etc"
    with pytest.raises(SpecError, match="there is a scenario etc already"):
        save_scenario(mine, planner.shown, "ETC")
    with pytest.raises(SpecError, match="no letter or digit"):
        save_scenario(mine, planner.shown, " / ")
    planner.controls.world.value = "rival_leaves"
    with pytest.raises(SpecError, match="takes its world after a colon"):
        save_scenario(mine, planner.shown, "rival")


def test_buttons_save_and_tell_where_or_why_not(mine):
    planner = ScenarioPlanner(mine)
    name, save, plan, told = planner.keeping.children
    name.value = "Ours"
    save.press()
    assert "workbench compare latest reports/scenarios/ours" in told.value
    save.press()
    assert "there is a scenario ours already" in planner.progress.value
    sent = []
    plan.send = lambda message, buffers=None: sent.append((message["name"], buffers[0]))
    plan.press()
    assert sent == [("media_plan_weekly.csv", hand_off(mine, planner.shown))]
    assert isinstance(saved_scenario(mine.workspace, "reports/scenarios/ours").plan, PreparedPlan)
