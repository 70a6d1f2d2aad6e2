"""Charts of movement, groups and affinity draw the result's own numbers, and nothing where there is nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from tests.segments.movement.test_movement import CONFIG, FIRST, SECOND, as_previous, segmented
from tests.segments.populations import simulate_orders
from workbench.present import segment_tables
from workbench.present.figures import clusters, segment_movement
from workbench.segments import SegmentationResult


@pytest.fixture(scope="module")
def result() -> SegmentationResult:
    orders = simulate_orders(customers=1500, days=560, seed=11)
    first = segmented(orders, FIRST, CONFIG)
    return segmented(orders, SECOND, CONFIG, as_previous(first)).result


def headline_of(fig: Figure) -> str:
    return " ".join(fig.axes[0].get_title(loc="left").split())


def test_the_matrix_is_the_migration_as_shares_of_rows(result: SegmentationResult) -> None:
    ax = segment_movement.migration_matrix(result).axes[0]
    drawn = np.asarray(ax.images[0].get_array())
    np.testing.assert_allclose(drawn.sum(axis=1), 1)
    names = [label.get_text().replace("\n", " ") for label in ax.get_xticklabels()]
    rows = [label.get_text().rsplit(" (", 1)[0] for label in ax.get_yticklabels()]
    moves = result.migration.set_index(["before", "after"]).customers
    sizes = result.migration.groupby("before").customers.sum()
    for (before, after), customers in moves.items():
        assert drawn[rows.index(before), names.index(after)] == pytest.approx(customers / sizes[before])


def test_flows_are_as_long_as_their_money(result: SegmentationResult) -> None:
    fig = segment_movement.value_flows(result)
    widths = [bar.get_width() for bar in fig.axes[0].patches]
    table = result.flows.iloc[::-1]
    np.testing.assert_allclose(widths, [*table.gained, *-table.lost])
    grows = result.flows.change.sum() >= 0
    assert ("grew" if grows else "shrank") in headline_of(fig)


def test_without_an_earlier_run_a_sentence_stands_where_the_charts_would(result: SegmentationResult) -> None:
    alone = replace(result, migration=result.migration.iloc[:0], notes={"movement": "Nothing to compare."})
    assert segment_movement.movement_figures(alone) == ()
    (told,) = segment_tables.movement_tables(alone)
    assert told._repr_mimebundle_()["text/plain"] == "Nothing to compare."


def test_lifts_are_coloured_only_where_they_are_clear() -> None:
    table = pd.DataFrame(
        {
            "segment": ["Loyal", "Loyal", "New", "New"],
            "kind": ["hats", "shoes", "hats", "shoes"],
            "lift": [1.4, 0.9, 0.8, 1.1],
            "clear": [True, False, False, False],
        }
    )
    fig = clusters.lift_map(table, "categories")
    np.testing.assert_allclose(np.asarray(fig.axes[0].images[0].get_array()), [[1.4, 1], [1, 1]])
    assert headline_of(fig) == "Loyal: hats is 1.4 times the average"
    plain = clusters.lift_map(table.assign(clear=False), "categories")
    assert headline_of(plain) == "No segment's categories clearly differ from the average"


def test_of_many_kinds_the_most_frequent_are_drawn_and_the_others_counted() -> None:
    kinds = [f"kind {at}, of a rather long name" for at in range(30)]
    table = pd.DataFrame({"segment": "Loyal", "kind": kinds, "lift": [1.1] * 29 + [0.001], "clear": [True] * 30})
    fig = clusters.lift_map(table, "categories")
    drawn = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert drawn == kinds[: clusters.MOST_KINDS]
    assert f"{clusters.MOST_KINDS} largest of 30" in fig.axes[0].get_xlabel()
    assert "kind 29" not in headline_of(fig)
    fig.draw_without_rendering()
    words = fig.axes[0].xaxis.label.get_window_extent()
    assert words.x0 >= 0
    assert words.x1 <= fig.bbox.width


def test_stability_says_how_many_groups_come_out(result: SegmentationResult) -> None:
    judged = pd.DataFrame(
        {
            "method": ["k-means"] * 3,
            "k": [2, 3, 4],
            "stability": [0.7, 0.97, 0.6],
            "error": 0.01,
            "by_chance": 0.5,
            "stable": [False, True, False],
            "chosen": [False, True, False],
        }
    )
    found = clusters.cluster_stability(replace(result, cluster_stability=judged))
    assert headline_of(found) == "3 groups come out again"
    none = clusters.cluster_stability(replace(result, cluster_stability=judged.assign(chosen=False)))
    assert headline_of(none) == "No number of groups is stable"
