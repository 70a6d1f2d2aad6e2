import numpy as np
import pandas as pd

from workbench.customers.fairness import audit
from workbench.present.fairness_tables import fairness_tables


def test_every_group_is_told_with_its_gap_and_a_small_one_only_with_its_size():
    cells = pd.DataFrame(
        {
            "group": ["urban", "rural", "island"],
            "score_bin": 0,
            "customers": [1_000, 1_000, 3],
            "outcomes": [100, 100, 0],
            "selected": [200, 100, 1],
            "expected": [100.0, 100.0, 0.3],
            "value": [5_000.0, 4_000.0, 10.0],
            "value_squares": [50_000.0, 40_000.0, 100.0],
        }
    )
    found = audit(cells, smallest_group=50, largest_gap=0.2, seed=1, attribute="home_area")
    sentences, shown = fairness_tables(found.table.assign(attribute="home_area"), found.statements, "EUR")
    assert sentences.block.markdown.count("\n- ") == len(found.statements) - 1
    rows = {row[0]: row[1:] for row in shown.block.rows}
    assert rows["urban"][:2] == ("1,000", "20.0%")
    # 200 of 1,000 against 101 of 1,003.
    assert rows["urban"][2].startswith(f"{200 / 1000 / (101 / 1003) - 1:.0%} (")
    assert rows["urban"][2].endswith("*")
    assert rows["urban"][3] == "100"
    assert not rows["urban"][4].endswith("*")
    assert rows["urban"][5] == "€5.00"
    assert rows["island"] == ("3", *("–",) * 5)
    assert [column.name for column in shown.block.columns][:2] == ["Home area", "Number"]


def test_outcomes_that_nobody_knows_yet_take_no_column():
    cells = pd.DataFrame({"group": ["a", "b"], "score_bin": 0, "customers": 500, "selected": [50, 60]}).assign(
        outcomes=np.nan, expected=50.0, value=1.0
    )
    found = audit(cells, smallest_group=50, largest_gap=0.2, seed=1)
    _, shown = fairness_tables(found.table.assign(attribute="group"), found.statements, "EUR")
    assert "Came of 100 expected" not in {column.name for column in shown.block.columns}
    assert fairness_tables(pd.DataFrame(), (), "EUR") == ()


def test_thousands_of_small_groups_fill_no_pages():
    cells = pd.DataFrame({"group": [f"shop {k}" for k in range(1, 3001)], "score_bin": 0, "customers": 2}).assign(
        outcomes=0, selected=1, expected=0.2, value=1.0
    )
    few = audit(cells, smallest_group=50, largest_gap=0.2, seed=1)
    assert len(fairness_tables(few.table.assign(attribute="shop"), few.statements, "EUR")) == 1
    large = cells.assign(customers=np.where(cells.index < 2, 500, 2))
    found = audit(large, smallest_group=50, largest_gap=0.2, seed=1)
    _, shown = fairness_tables(found.table.assign(attribute="shop"), found.statements, "EUR")
    assert {row[0] for row in shown.block.rows[:2]} == {"shop 1", "shop 2"}
    assert shown.block.rows[2:] == (("2,998 smaller groups", "5,996", "–", "–", "–", "–", "–"),)
    assert shown.block.total_rows == 3


def test_what_is_said_of_all_attributes_is_said_once():
    cells = pd.DataFrame({"group": ["a", "b"], "score_bin": 0, "customers": 500, "selected": [50, 250]}).assign(
        outcomes=np.nan, expected=50.0, value=1.0
    )
    audits = [audit(cells, smallest_group=50, largest_gap=0.2, seed=1, attribute=name) for name in ("age", "home")]
    table = pd.concat([each.table.assign(attribute=each.attribute) for each in audits])
    told = fairness_tables(table, [said for each in audits for said in each.statements], "EUR")[0].block.markdown
    assert told.count("The audit shows that groups differ") == 1
    assert "Of age a" in told
    assert "Of home a" in told
