"""Rows that break a schema stop the run with one sentence; the engine and Pandera judge alike."""

import ibis
import numpy as np
import pandas as pd
import pandera.errors
import pytest
from data.conftest import CONFIG, WEEKS, small_kpi, small_media
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data.schemas import SCHEMAS
from workbench.data.validate import violations
from workbench.errors import DataError


def changed(frame: pd.DataFrame, row: int, **cells: object) -> pd.DataFrame:
    frame = frame.astype(object)
    for column, value in cells.items():
        frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    ("tables", "name", "sentence"),
    [
        (
            {"media": changed(small_media(), 2, spend=-120.0)},
            "media",
            "media.spend is negative in 1 row (first: week 2024-01-01, market DE, channel search, -120); "
            "book refunds as their own channel or set them to 0",
        ),
        (
            {"media": changed(small_media(), 3, spend="12,5x")},
            "media",
            "media.spend is not a number in 1 row (first: week 2024-01-01, market DE, channel tv, 12,5x); "
            "write it as digits with a point",
        ),
        (
            {"media": changed(small_media(), 3, spend=None)},
            "media",
            "media.spend is missing in 1 row (first: week 2024-01-01",
        ),
        ({"media": changed(small_media(), 3, spend="inf")}, "media", "media.spend is not a number in 1 row"),
        (
            {"kpi": changed(small_kpi(), 0, week="soon")},
            "kpi",
            "kpi.week is not a date in 1 row (first: market AT, soon)",
        ),
        ({"kpi": changed(small_kpi(), 0, week="2024-02-31")}, "kpi", "kpi.week is not a date in 1 row"),
        (
            {"kpi": changed(small_kpi(), 0, week="2024-01-03")},
            "kpi",
            "kpi.week is not a Monday in 1 row (first: market AT, 2024-01-03); "
            "give each week by its first day, or set workspace.week_start",
        ),
        (
            {"kpi": pd.concat([small_kpi(), small_kpi().iloc[[4]]])},
            "kpi",
            "kpi has 1 repeated key (first: week 2024-01-15, market AT, 2 rows); keep one row per (week, market)",
        ),
        ({"kpi": small_kpi().iloc[:0]}, "kpi", "kpi is empty; check the path, the filter and the period"),
        ({"kpi": changed(small_kpi(), 5, kpi=-1)}, "kpi", "kpi.kpi is negative in 1 row"),
    ],
)
def test_bad_rows_are_named_counted_and_mended(company, tables, name, sentence):
    with pytest.raises(DataError) as error:
        company(**tables).table(name)
    assert str(error.value).startswith(sentence)


def test_the_sentence_counts_what_else_is_wrong(company):
    broken = changed(changed(small_media(), 2, spend=-1), 5, spend="x")
    with pytest.raises(DataError, match=r"and 1 more: workbench check lists them"):
        company(media=broken).table("media")


def test_a_lift_record_must_run_forwards(company):
    config = CONFIG + '[tables.lift]\npath = "lift.csv"'
    row = "experiment_id,channel,markets,start,end,spend_change,lift,lift_se\nt,tv,DE,2024-02-01,2024-01-01,5,1,1\n"
    with pytest.raises(DataError, match=r"lift.end is before start in 1 row"):
        company(config, lift=row).table("lift")


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        (
            {"kpi": small_kpi().drop(index=[4])},
            "kpi lacks 1 of 12 rows of its week × market grid (first: week 2024-01-15, market AT); add the rows",
        ),
        ({"media": small_media().drop(index=[7])}, 'set tables.media.missing = "zero" if a missing row means no spend'),
        ({"kpi": small_kpi()[small_kpi().week != WEEKS[3]]}, "kpi lacks 2 of 12 rows"),
    ],
)
def test_a_hole_in_the_panel_is_refused(company, tables, sentence):
    with pytest.raises(DataError) as error:
        company(**tables).panel()
    assert sentence in str(error.value)


def test_a_missing_row_of_media_may_mean_no_spend(company):
    config = CONFIG.replace('path = "media.csv"', 'path = "media.csv"\nmissing = "zero"')
    panel = company(config, media=small_media().drop(index=[7])).panel()
    assert panel.spend[1, 1, 1] == 0


def test_media_before_the_first_kpi_week_is_carried_in(company):
    panel = company(kpi=small_kpi()[small_kpi().week >= WEEKS[2]]).panel()
    assert panel.carry_in == 2
    assert panel.spend.shape == (6, 2, 2)
    assert panel.window_spend.shape == (4, 2, 2)
    np.testing.assert_array_equal(panel.spend.ravel(), small_media().spend)


def test_a_configured_channel_without_rows_is_refused(company):
    with pytest.raises(DataError, match=r"media has no rows for radio, which \[channels\] of workbench.toml names"):
        company(CONFIG + "[channels.radio]").panel()


def test_every_problem_of_a_workspace_is_listed(company):
    from workbench.contracts import check_tables

    broken = changed(changed(small_media(), 2, spend=-1), 5, spend="x")
    reports = {report.name: report for report in check_tables(company(media=broken))}
    assert not reports["kpi"].problems
    assert reports["kpi"].period == "2024-01-01 to 2024-02-05"
    assert len(reports["media"].problems) == 2
    healthy = {report.name: report for report in check_tables(company())}
    assert healthy["panel"].rows == 12


days = st.sampled_from([*WEEKS, WEEKS[0]])
spends = st.one_of(st.floats(-5, 5), st.just(np.nan))
rows = st.lists(
    st.tuples(days, st.sampled_from(["AT", "DE", None]), st.sampled_from(["tv", "search"]), spends),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(rows)
def test_the_engine_and_pandera_judge_alike(rows):
    frame = pd.DataFrame(rows, columns=["week", "market", "channel", "spend"])
    frame = frame.astype({"week": "datetime64[us]", "market": "str", "channel": "str"})
    table = ibis.memtable(frame)
    table = table.mutate(spend=table.spend.isnan().ifelse(ibis.null("float64"), table.spend))
    try:
        SCHEMAS["media"].validate(frame)
        accepted = True
    except pandera.errors.SchemaError:
        accepted = False
    assert (violations(table, "media", SCHEMAS["media"]) == []) == accepted
