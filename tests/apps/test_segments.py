"""The segments app shows what a segmentation found, moves of customers as their hand-offs tell them, and no small group."""

import re
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import get_type_hints

import ipywidgets as widgets
import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

from tests.apps import segments_company as shop
from workbench.apps import segments_channels as by_channel
from workbench.apps import segments_moves as moving
from workbench.apps.published import published_results
from workbench.apps.segments import segments
from workbench.apps.segments_movement import MEASURES, cell_texts, flow_bars, opening, sentences
from workbench.apps.segments_overview import EACH, SIZE, VALUE, measured, overview_cards
from workbench.apps.segments_profile import (
    SavedContacts,
    next_step,
    profile_cards,
    trait_bars,
    trait_sentence,
    traits,
)
from workbench.apps.segments_saved import Run, SavedSegments, comparable, hidden_note, shown_first, shown_segments
from workbench.segments.outcome import SegmentationResult
from workbench.wording import count, money, percent
from workbench.workspace import Workspace

MIN = 20


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return shop.shop_orders()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two runs, the second of which was compared with the first."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("WORKBENCH_RUN_DIR", raising=False)
        opened = shop.shop_workspace(tmp_path_factory.mktemp("shop"))
        shop.save_shop(opened)
    return opened


@pytest.fixture(scope="module")
def runs(workspace: Workspace) -> tuple[Run, ...]:
    return published_results(SavedSegments, workspace.root)


def test_what_is_loaded_is_part_of_a_segmentation():
    saved, known = get_type_hints(SegmentationResult), get_type_hints(SavedSegments)
    later = {field.name: field.metadata for field in fields(SegmentationResult)}
    assert SavedSegments.analysis == SegmentationResult.analysis
    for field in fields(SavedSegments):
        # Cut-offs of either kind are read as the table that they are saved as.
        assert field.name == "cutoffs" or known[field.name] == saved[field.name]
        assert field.metadata == later[field.name]


@pytest.fixture(scope="module")
def members(runs: tuple[Run, ...]) -> list[pd.DataFrame]:
    """Customers as handed on, the later run first."""
    files = [run.record.result_folder.parent / "handoff" / "customer_values.csv" for run in runs]
    return [pd.read_csv(file, dtype={"customer_id": str}) for file in files]


@pytest.fixture(scope="module")
def moved(members: list[pd.DataFrame]) -> pd.DataFrame:
    """One row a customer of either run, joined by pandas."""
    after, before = members
    both = before.merge(after, on="customer_id", how="outer", suffixes=("_before", "_after"))
    return both.fillna({"segment_before": moving.CAME, "segment_after": moving.GONE})


def test_values_of_segments_are_those_of_their_customers(runs, members):
    later, bars = members[0], measured(runs[0], VALUE)
    by_segment = later.groupby("segment").expected_value.sum()
    shown = shown_segments(runs[0])
    assert bars.names == shown.segment.tolist()
    np.testing.assert_allclose(bars.values, by_segment[bars.names], rtol=1e-6)
    np.testing.assert_allclose(
        measured(runs[0], EACH).values, later.groupby("segment").expected_value.mean()[bars.names], rtol=1e-6
    )
    np.testing.assert_array_equal(measured(runs[0], SIZE).values, later.segment.value_counts()[bars.names])
    assert (bars.lower < bars.values).all()
    assert (bars.values < bars.upper).all()


def test_the_first_cards_say_how_many_customers_there_are_and_what_they_are_worth(runs, members):
    customers, value, _ = overview_cards(runs[0])
    assert customers.value == count(len(members[0]))
    assert value.value == money(members[0].expected_value.sum(), "EUR")
    told = runs[0].result.estimate("realised_value", "all customers")
    assert money(told.lower, "EUR") in value.detail


def test_the_saved_matrix_and_the_counted_one_are_the_same(runs, moved):
    """The engine's matrix, Arrow's and pandas' count the same customers."""
    later, earlier = runs
    assert later.result.last_run == earlier.record.run_id
    saved = moving.moves_between(earlier, later)
    unsaved = replace(later, result=replace(later.result, last_run=""))
    counted = moving.moves_between(earlier, unsaved)
    order = ["before", "after"]
    pd.testing.assert_frame_equal(
        saved.cells.sort_values(order, ignore_index=True),
        counted.cells.sort_values(order, ignore_index=True),
        check_dtype=False,
    )
    truth = moved.groupby(["segment_before", "segment_after"]).customer_id.count()
    for cell in counted.cells.to_dict("records"):
        assert cell["customers"] == truth[cell["before"], cell["after"]]
    assert counted.came == (moved.segment_before == moving.CAME).sum()
    assert counted.gone == (moved.segment_after == moving.GONE).sum() == 0


def test_moves_add_up_to_all_customers_and_to_the_change_of_the_value(runs, moved):
    later, earlier = runs
    moves = moving.moves_between(earlier, later)
    kinds = moving.by_kind(moves)
    assert kinds.customers.sum() == len(moved)
    change = later.result.segments.value.sum() - earlier.result.segments.value.sum()
    assert kinds.change.sum() == pytest.approx(change, rel=1e-6)
    known = moved[(moved.segment_before != moving.CAME) & (moved.segment_after != moving.GONE)]
    assert moves.moved == pytest.approx((known.segment_before != known.segment_after).mean())
    assert percent(moves.moved) in sentences(moves, earlier, later)[0]
    np.testing.assert_allclose(flow_bars(moves, later).values, kinds.change)


def test_shares_of_a_row_of_the_matrix_are_of_the_earlier_segment(runs, moved):
    later, earlier = runs
    moves = moving.moves_between(earlier, later)
    texts = cell_texts(moves, earlier, later, MEASURES[1])
    row = moves.cells[moves.cells.before == "Loyal"].iloc[0]
    truth = moved[moved.segment_before == "Loyal"].segment_after.value_counts(normalize=True)[row.after]
    assert percent(truth, 0) in texts["Loyal", row.after]


def test_a_group_below_the_smallest_is_on_no_page_and_in_no_chart(runs, moved):
    later, earlier = runs
    counts = moved.groupby(["segment_before", "segment_after"]).customer_id.count()
    small = counts[counts < MIN]
    assert len(small), "the shop must have small groups for this to mean anything"
    moves = moving.moves_between(earlier, later)
    assert moves.cells.customers.min() >= MIN
    texts = cell_texts(moves, earlier, later, MEASURES[0])
    for pair in small.index:
        assert pair in moves.secret
        assert "too few to show" in texts[pair]
    assert later.result.profile.customers.min() >= MIN


def test_small_segments_are_left_out_with_a_sentence(runs):
    strict = runs[0].workspace.config.model_copy(
        update={"governance": runs[0].workspace.config.governance.model_copy(update={"smallest_group": 300})}
    )
    run = replace(runs[0], workspace=replace(runs[0].workspace, config=strict))
    sizes = run.result.segments.customers
    hidden = sizes[~run.result.segments.segment.isin(shown_segments(run).segment)]
    assert set(sizes[sizes < 300]) <= set(hidden)
    assert len(hidden) >= 2
    assert hidden.sum() >= 300
    assert f"{len(hidden)} segments are not shown" in hidden_note(run)


def test_the_profile_of_a_segment_is_that_of_its_customers(runs, members, orders):
    known = shop.shop_customers(orders).set_index("customer_id").market
    later = members[0].assign(market=known[members[0].customer_id].to_numpy())
    bars = trait_bars(runs[0], "Loyal", "market")
    loyal = later[later.segment == "Loyal"].market.value_counts(normalize=True)
    np.testing.assert_allclose(bars.values, loyal[bars.names])
    np.testing.assert_allclose(bars.beside, later.market.value_counts(normalize=True)[bars.names].round(2))
    bought = trait_bars(runs[0], "New", "purchases")
    assert bought.names[0] == "1"
    assert bought.values.tolist() == [1.0] + [0.0] * (len(bought.names) - 1)
    for trait in traits(runs[0], "Loyal"):
        told = trait_bars(runs[0], "Loyal", trait)
        assert told.values.sum() == pytest.approx(1)
        assert told.beside.sum() == pytest.approx(1, abs=0.03)


def test_the_cards_of_a_segment_hold_its_value_and_its_next_step(runs, members):
    own = members[0][members[0].segment == "Champions"]
    customers, value, each, *_ = profile_cards(runs[0], "Champions")
    assert customers.value == count(len(own))
    assert value.value == money(own.expected_value.sum(), "EUR")
    assert each.value == money(own.expected_value.mean(), "EUR")
    contacts = SavedContacts(
        title="",
        estimates=pd.DataFrame(),
        actions=pd.DataFrame({"action": ["mail", "call"], "label": ["A letter", "A call"]}),
        groups=pd.DataFrame({"segment": "Champions", "action": ["mail", "call", "none"], "customers": [120, 3, 40]}),
    )
    said = next_step(runs[0], contacts, "Champions")
    assert "Protect and reward" in said
    assert "A letter to 120" in said
    assert "A call" not in said


def test_old_results_say_how_to_get_what_they_lack(runs):
    old = replace(runs[0], result=replace(runs[0].result, profile=pd.DataFrame()))
    view = segments([old])
    assert "workbench run segmentation" in all_text(view)
    assert trait_sentence(old, "Loyal", traits(old, "Loyal")[0])


def test_values_by_channel_are_the_saved_ones_with_their_intervals(runs):
    saved = runs[0].result.channels
    bars = by_channel.channel_bars(runs[0], by_channel.WORTH)
    assert bars.names == saved.channel.tolist()
    np.testing.assert_array_equal(np.array([bars.values, bars.lower, bars.upper]), saved[["ltv", "lower", "upper"]].T)
    paid = saved.assign(cac=[50.0, np.nan, 80.0], spend=1.0, ltv_to_cac=[2.0, np.nan, 0.5])
    paid = paid.assign(ltv_to_cac_lower=[1.5, np.nan, 0.4], ltv_to_cac_upper=[2.5, np.nan, 0.6])
    run = replace(runs[0], result=replace(runs[0].result, channels=paid))
    assert by_channel.channel_bars(run, by_channel.RETURN).values.tolist() == [2.0, 0.5]
    said = by_channel.channel_sentence(run, by_channel.RETURN)
    assert f"from {saved.channel[0]} brings back more for its cost than one from {saved.channel[2]}" in said
    assert f"{saved.channel[2]} cost more than new customers bring" in said


def test_runs_of_other_rules_or_currencies_are_not_compared(runs):
    dollars = replace(runs[1], result=replace(runs[1].result, currency="USD"))
    assert comparable([runs[0], dollars], runs[0]) == [runs[0]]
    assert comparable(runs, runs[0]) == list(runs)
    explored = replace(runs[0], record=replace(runs[0].record, parameters={"calibration_end": "2024-01-01"}))
    assert shown_first([explored, runs[1]]) is runs[1]
    days = [run.result.valued_at for run in runs]
    assert (opening(days, days[0]), opening(days, days[1])) == ((1, 0), (1, 0))


def test_moving_a_control_shows_the_other_numbers(runs):
    view = segments(runs)
    pickers = {control.label: control for control in controls(view)}
    chart = next(each for each in walk(view) if type(each).__name__ == "Chart")
    pickers["Show"].value = SIZE
    np.testing.assert_array_equal(chart.data[0].x, measured(runs[0], SIZE).values)
    pickers["Segment"].value = "Dormant"
    assert trait_sentence(runs[0], "Dormant", pickers["By"].value).split(":")[0] in all_text(view)
    then, now = pickers["From the customers of"], pickers["To those of"]
    then.value = now.value
    assert "Choose two different days" in all_text(view)


def test_every_control_is_answered_at_once(runs):
    """By CPU time of all threads, which other work on the machine doesn't lengthen."""
    view, ticks = segments(runs), []
    for control in controls(view):
        for index in [*range(len(control.texts))][::-1]:
            started = time.process_time()
            control.index = index
            ticks.append(time.process_time() - started)
    assert np.median(ticks) < 0.05
    assert np.quantile(ticks, 0.95) < 0.1


def test_every_control_changes_what_is_shown(runs):
    view = segments(runs)
    for control in controls(view):
        for index in [*range(len(control.texts))][::-1]:
            moved, before = index != control.index, shown(view)
            control.index = index
            assert (shown(view) != before) == moved, (control.label, index)


def test_one_run_alone_says_when_there_will_be_movement(runs):
    assert "nothing has moved yet" in all_text(segments(runs[1:]))


def test_no_customer_and_no_markup_of_the_company_reaches_the_page(runs, members):
    text = repr([each.get_state() for each in walk(segments(runs))])
    assert not set(re.findall(r"[\w-]+", text)) & set(members[0].customer_id)
    drawn = [
        trace.to_plotly_json() for each in walk(segments(runs)) if type(each).__name__ == "Chart" for trace in each.data
    ]
    assert "&lt;b&gt;TV&lt;/b&gt;" in all_text(segments(runs))
    assert "<b>TV</b>" not in all_text(segments(runs))
    assert "<b>TV</b>" not in repr(drawn)
    assert "‹b›TV‹/b›" in repr(drawn)


def test_the_notebook_shows_the_app(repository: Path, workspace: Workspace, monkeypatch):
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(workspace.root))
    notebook = nbformat.read(repository / "notebooks" / "apps" / "segments.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": repository}}).execute()
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"].state.values()
    assert any("Who the customers are" in str(state.state.get("value")) for state in states)


def walk(widget: widgets.Widget) -> list[widgets.Widget]:
    return [widget, *(each for child in getattr(widget, "children", ()) for each in walk(child))]


def controls(view: widgets.Widget) -> list[widgets.Widget]:
    """The first control of each label."""
    labelled = [each for each in walk(view) if hasattr(each, "label")]
    return list({each.label: each for each in reversed(labelled)}.values())


def shown(view: widgets.Widget) -> str:
    return " ".join([all_text(view), *(each.alt for each in walk(view) if hasattr(each, "alt"))])


def all_text(view: widgets.Widget) -> str:
    return " ".join(each.value for each in walk(view) if isinstance(each, widgets.HTML))
