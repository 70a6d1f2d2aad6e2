"""Results as blocks: failed checks first, one scale a column, intervals beside estimates."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import RunError
from workbench.present.blocks import Column, Figure, Heading, Note, Prose, Table, from_json, to_json
from workbench.present.columns import column_text
from workbench.present.page_one import LONGEST_TABLE, estimates_block, page_one_block, table_block


def test_page_one_puts_failed_checks_first_and_keeps_findings_in_order(result):
    page = page_one_block(result, "Nordwind")
    assert [line.light for line in page.checks] == ["failed", "info", "passed"]
    assert page.checks[0].name == "Holdout coverage"
    assert page.findings == result.findings
    assert page.period == "3 Jan 2022 – 29 Dec 2024"
    assert dict(page.provenance)["Seed"] == "7"


def test_blocks_survive_json(result):
    blocks = [
        page_one_block(result, "Nordwind"),
        estimates_block(result),
        Heading(level=2, text="H"),
        Prose(markdown="**b**"),
        Figure(data="<svg/>", caption="c", alt="a"),
        Note(text="n"),
    ]
    assert [from_json(to_json(block)) for block in blocks] == blocks


def test_a_block_of_another_version_is_refused_in_one_sentence():
    with pytest.raises(RunError, match="run the notebook again"):
        from_json({"kind": "hologram"})


def test_estimates_and_bounds_share_scale_and_decimals(result):
    table = estimates_block(result, "roas", "Return", "Channel")
    assert [column.name for column in table.columns] == ["Channel", "ROAS", "90% interval"]
    assert table.rows == (("TV", "2.10", "1.50 to 2.80"), ("Search", "13.40", "12.38 to 14.60"))


def test_estimates_in_several_units_keep_their_own(result):
    rows = {row[0]: row[2:] for row in estimates_block(result, ["contribution", "lift", "tests"]).rows}
    assert rows["Contribution"] == ("€4,100,000", "€3,000,000 to €5,000,000")
    assert rows["Lift"] == ("5.4%", "−1.0% to 12.0%")
    assert rows["Tests"] == ("3.00", "–")


def test_an_unknown_quantity_is_named(result):
    with pytest.raises(KeyError, match="no estimates of roi"):
        estimates_block(result, "roi")


def test_table_formats_by_unit_and_leaves_the_frame_alone():
    frame = pd.DataFrame(
        {"channel": ["tv", None], "spend": [1234.5, np.nan], "share": [0.25, 1.0], "n": [1000, 2], "on": [True, False]}
    )
    before = frame.copy()
    table = table_block(frame, "c", {"spend": "EUR", "share": "%"})
    assert table.rows == (("tv", "€1,234", "25.0%", "1,000", "yes"), ("–", "–", "100.0%", "2", "no"))
    assert [column.align for column in table.columns] == ["left", "right", "right", "right", "left"]
    pd.testing.assert_frame_equal(frame, before)


def test_table_refuses_a_format_for_no_column():
    with pytest.raises(KeyError, match="formats names spent"):
        table_block(pd.DataFrame({"spend": [1.0]}), formats={"spent": "EUR"})


def test_a_table_longer_than_the_cap_says_what_is_missing():
    table = table_block(pd.DataFrame({"n": range(LONGEST_TABLE + 5)}))
    assert (len(table.rows), table.omitted) == (LONGEST_TABLE, 5)


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [
        ([0.0123, 0.2], "", ["0.012", "0.200"]),
        ([0.00012, 0.00043], "", ["0.000120", "0.000430"]),
        ([-0.001, 1.0], "", ["0.00", "1.00"]),
        ([99.994, 5.0], "EUR", ["€99.99", "€5.00"]),
        ([12_345_678.0, 10_000.0], "CHF", ["CHF 12.35m", "CHF 0.01m"]),
        ([float("inf"), 1.0], "", ["∞", "1.00"]),
        ([], "EUR", []),
    ],
)
def test_column_text(values, unit, expected):
    assert column_text(values, unit) == expected


def test_columns_are_frozen():
    table = Table(columns=(Column(name="a"),), rows=())
    with pytest.raises(AttributeError):
        table.caption = "x"
