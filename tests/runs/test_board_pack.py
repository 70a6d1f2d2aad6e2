"""A board pack tells what its runs saved, what changed since the last one, and what to decide; whole, and the same each time."""

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from tests.runs.small_company import (
    PLAN_RUN,
    Company,
    customers,
    keep_test,
    made_later,
    plan,
    review,
    small_company,
)
from tests.runs.tiny import visible
from workbench.cli.app import app
from workbench.errors import RunError
from workbench.experiments.design import DesignResult
from workbench.experiments.registry.review import LearningReview
from workbench.experiments.result import ExperimentResult
from workbench.mmm.result import MediaMixResult
from workbench.next_action.result import NextActionResult
from workbench.present.pack import board_pack, saved
from workbench.present.pack.decisions import decisions_of
from workbench.present.pack.record import read_pack
from workbench.propensity.result import PropensityResult
from workbench.runs.board_pack import known_packs, readable_packs, write_board_pack
from workbench.runs.pack_material import pack_material
from workbench.scenarios.prepared import PreparedPlan
from workbench.segments.outcome import SegmentationResult

ALL_BUT_CUSTOMERS = (
    *("media_mix", "scenario_planning", "performance_review", "next_best_action", "propensity", "experiment_readout"),
)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return small_company(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def pack(company: Company) -> Path:
    return write_board_pack(company.workspace)


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def pdf_pages(folder: Path) -> list[str]:
    return pages_of((folder / "pack.pdf").read_bytes())


@cache
def pages_of(pdf: bytes) -> list[str]:
    return [flat(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def words(folder: Path) -> str:
    """The PDF's words without spaces, which lines and boxes break at will."""
    return squeezed(" ".join(pdf_pages(folder)))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def saved_estimates(company: Company, run_id: str) -> pd.DataFrame:
    path = company.workspace.reports / "runs" / run_id / "result" / "estimates.parquet"
    return pd.read_parquet(path).set_index(["quantity", "entity"])


def test_headlines_are_the_numbers_that_the_runs_saved(company, pack):
    headlines = {row["key"]: row for row in json.loads((pack / "pack.json").read_text())["headlines"]}
    for key, quantity, entity in (
        ("segmentation/realised_value/all customers", "realised_value", "all customers"),
        ("scenario_planning/gain/plan", "gain", "plan"),
        ("performance_review/revenue/expected", "revenue", "expected"),
        ("next_best_action/incremental_profit/the plan", "incremental_profit", "the plan"),
        ("roas/tv", "roas", "tv"),
    ):
        row = saved_estimates(company, headlines[key]["run_id"]).loc[(quantity, entity)]
        for end in ("estimate", "lower", "upper"):
            assert headlines[key][end] == row[end]


def test_what_media_caused_is_the_sum_of_the_channels(company, pack):
    headlines = {row["key"]: row for row in json.loads((pack / "pack.json").read_text())["headlines"]}
    rows = saved_estimates(company, headlines["contribution/media"]["run_id"])
    caused, spent = rows.estimate["contribution"].sum(), rows.estimate["spend"].sum()
    assert headlines["contribution/media"]["estimate"] == pytest.approx(caused)
    assert headlines["roas/media"]["estimate"] == pytest.approx(caused / spent)
    # The baseline is 70% to 80% of a million, so media are the rest.
    assert headlines["contribution/media"]["lower"] == pytest.approx(200_000)
    assert headlines["contribution/media"]["upper"] == pytest.approx(300_000)


def test_profit_and_the_worst_tenth_follow_from_what_the_plan_saved(company, pack):
    folder = company.workspace.reports / "runs" / PLAN_RUN / "result"
    draws = np.sort(pd.read_parquet(folder / "scenario_draws.parquet").revenue)
    worst = draws[:2].mean() * 0.5 - 120_000
    assert worst == -67_500
    text = words(pack)
    assert "−€67.5k" in text
    # 195,000 at a margin of one half, less 120,000; the interval reaches 90,000 to either side before the margin.
    assert squeezed("−€22.5k") in text
    assert squeezed("−€67.5k to €22.5k") in text


def test_a_pack_has_six_to_ten_pages_in_the_order_of_a_meeting(pack):
    pages = pdf_pages(pack)
    assert 6 <= len(pages) <= 10
    text = " ".join(pages[1:])
    sections = (
        "What changed since the last pack",
        "Money made and at risk",
        "Plan against actual",
        "What we learned",
        "Decisions asked for",
        "Appendix: checks and sources",
    )
    places = [text.index(section) for section in sections]
    assert places == sorted(places)


def test_page_one_tells_failed_checks_and_that_data_end_on_different_days(pack):
    first = squeezed(pdf_pages(pack)[0])
    assert squeezed("Media mix 1 of 3 checks failed: Learnt from data.") in first
    assert squeezed("Review of the plan to 25 January 2026") in first
    assert squeezed("decisions are asked for") in first


def test_pdf_and_html_hold_every_decision_with_its_reasons(company, pack):
    material = pack_material(company.workspace)
    asked = decisions_of(material, None)
    assert {decision.key for decision in asked} == {
        *("plan/spend", "plan/shift", "plan/triggers", "goal/winter", "contacts/send"),
        *("test/test_0", "test/test_1", "test/test_2", "test/next"),
    }
    pdf, html = words(pack), squeezed(re.sub(r"<[^>]+>", "", (pack / "pack.html").read_text()))
    for number, decision in enumerate(asked, start=1):
        for text in (f"{number}. {decision.title}", *decision.why, decision.otherwise, decision.run_id):
            assert squeezed(text) in pdf, text
            assert squeezed(text).replace("'", "&#39;") in html.replace("'", "&#39;"), text


def test_overspend_is_what_was_spent_and_is_planned_beyond_the_plan(company, pack):
    """75,000 were spent and 60,000 are planned where 120,000 were signed."""
    assert squeezed("Release €15k more than the plan's budget") in words(pack)


def test_the_most_money_stands_first(company):
    sizes = [decision.size for decision in decisions_of(pack_material(company.workspace), None)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 40_000


def test_html_twin_asks_nothing_of_any_server_and_has_the_same_sections(pack):
    html = (pack / "pack.html").read_text()
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", html)
    assert "Decisions asked for" in html
    assert "This is the first pack" in html


def test_the_same_runs_make_the_same_bytes_in_the_same_place(company, pack):
    before = {name: (pack / name).read_bytes() for name in ("pack.pdf", "pack.html")}
    assert write_board_pack(company.workspace) == pack
    assert {name: (pack / name).read_bytes() for name in before} == before
    assert len(known_packs(company.workspace.reports)) == 1


def test_the_next_pack_tells_what_changed(tmp_path):
    company = small_company(tmp_path)
    first = read_pack(write_board_pack(company.workspace))
    later = made_later(customers(value=4e6), 60)
    turned = later.with_checks()
    failing = [
        check if check.name != "consent" else type(check)(name="consent", passed=False) for check in turned.checks
    ]
    company.keep(replace(later, checks=tuple(failing)), "20260301T090000-segmentation-0aa1")
    keep_test(company, "test_3", "stop", "20260301T090100-experiment_readout-0bb2")
    folder = write_board_pack(company.workspace)
    text, record = words(folder), read_pack(folder)
    assert record.since == first.pack_id != record.pack_id
    assert squeezed("1 number moved beyond what was uncertain: Value of all customers over 52 weeks.") in text
    assert squeezed("€4m €3.80m to €4.20m €3m €2.85m to €3.15m +€1m clearly") in text.replace(
        "€3.8mto€4.2m", "€3.80mto€4.20m"
    )
    assert squeezed("Read out since: 1 test closed (test 3).") in text
    assert squeezed("1 check failed that did not fail in the last pack: Customer value, consent to profiling.") in text
    asked = {decision.key for decision in record.decisions}
    assert "test/test_3" in asked
    assert "test/test_0" not in asked
    assert squeezed("The last pack asked for this already.") in text


def test_since_names_an_older_pack(tmp_path):
    company = small_company(tmp_path, without=ALL_BUT_CUSTOMERS)
    first = write_board_pack(company.workspace).name
    company.keep(made_later(customers(value=4e6), 60), "20260301T090000-segmentation-0aa1")
    second = write_board_pack(company.workspace).name
    company.keep(made_later(customers(value=5e6), 120), "20260401T090000-segmentation-0aa2")
    assert read_pack(write_board_pack(company.workspace)).since == second
    assert read_pack(write_board_pack(company.workspace, since=first)).since == first
    with pytest.raises(RunError, match="there is no pack 'never'"):
        write_board_pack(company.workspace, since="never")


def test_an_unreadable_pack_is_refused_by_its_name_and_passed_over_for_another(tmp_path):
    company = small_company(tmp_path, without=ALL_BUT_CUSTOMERS)
    first = write_board_pack(company.workspace)
    company.keep(made_later(customers(value=4e6), 60), "20260301T090000-segmentation-0aa1")
    second = write_board_pack(company.workspace)
    company.keep(made_later(customers(value=5e6), 120), "20260401T090000-segmentation-0aa2")
    (first / "pack.json").write_text("{", encoding="utf-8")
    refused = re.escape(str(first / "pack.json")) + " can't be read .*; move that folder away"
    packs, unreadable = readable_packs(company.workspace.reports)
    assert [pack.pack_id for pack in packs] == [second.name]
    assert list(unreadable) == [first.name]
    for name in (first.name, ""):
        # Without a name it may be the pack to compare with.
        with pytest.raises(RunError, match=refused):
            write_board_pack(company.workspace, since=name)
    assert read_pack(write_board_pack(company.workspace, since=second.name)).since == second.name
    with pytest.raises(RunError, match="3 packs begin with '2026'"):
        write_board_pack(company.workspace, since="2026")


@pytest.mark.parametrize("analysis", ["media_mix", "performance_review", "experiment_readout"])
def test_a_missing_analysis_is_told_with_the_command_that_mends_it(tmp_path, analysis):
    company = small_company(tmp_path, without=(analysis,))
    material = pack_material(company.workspace)
    report = board_pack(material, None).report
    assert any(f"`workbench run {analysis}`" in getattr(block, "text", "") for block in report.blocks)
    page = report.page_one
    assert any(line.name == "Not in this pack" and analysis in line.detail for line in page.checks)


def test_one_analysis_alone_makes_a_pack_and_none_makes_an_error(tmp_path):
    alone = small_company(tmp_path / "alone", without=ALL_BUT_CUSTOMERS)
    assert "€3m" in words(write_board_pack(alone.workspace))
    none = small_company(tmp_path / "none", without=(*ALL_BUT_CUSTOMERS, "segmentation"))
    with pytest.raises(RunError, match="there is no finished run"):
        write_board_pack(none.workspace)


def test_a_forced_plan_is_stamped_on_every_page_and_asks_for_nothing(tmp_path):
    company = small_company(tmp_path, forced=True)
    folder = write_board_pack(company.workspace)
    assert all("FORCED" in page for page in pdf_pages(folder))
    assert not {decision.key for decision in read_pack(folder).decisions} & {"plan/shift", "plan/budget", "plan/spend"}


def test_a_review_of_another_plan_is_told_and_the_new_plan_is_put_up_for_signature(tmp_path):
    company = small_company(tmp_path, without=("performance_review",))
    company.keep(review(plan_run="20250101T000000-scenario_planning-old1"), "20260201T090400-performance_review-00e5")
    company.keep(made_later(plan(gain=30_000.0), 60), "20260301T090000-scenario_planning-0cc3")
    folder = write_board_pack(company.workspace)
    assert squeezed("This review is of the plan 20250101T000000-scenario_planning-old1") in words(folder)
    assert "plan/budget" in {decision.key for decision in read_pack(folder).decisions}


def test_an_unreadable_run_is_told_and_the_rest_is_made(tmp_path):
    company = small_company(tmp_path)
    (company.workspace.reports / "runs" / PLAN_RUN / "result" / "plan.parquet").unlink()
    page = board_pack(pack_material(company.workspace), None).report.page_one
    line = next(line for line in page.checks if line.name == "Not in this pack")
    assert PLAN_RUN in line.detail
    assert "lacks the field plan" in line.detail
    assert str(tmp_path) not in line.detail


def test_a_killed_build_leaves_nothing_and_the_next_one_clears_up(tmp_path):
    company = small_company(tmp_path, without=ALL_BUT_CUSTOMERS)
    code = (
        "import os, signal, workbench.runs.board_pack as made\n"
        "made.written = lambda record: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from workbench.workspace import open_workspace\n"
        f"made.write_board_pack(open_workspace({str(company.workspace.root)!r}))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == -9
    packs = company.workspace.reports / "packs"
    left = visible(packs)
    assert all(name.startswith(".") for name in left)
    assert known_packs(company.workspace.reports) == []
    for name in left:
        os.utime(packs / name, (0, 0))
    folder = write_board_pack(company.workspace)
    assert visible(packs) == {folder.name}
    assert visible(folder) == {"pack.pdf", "pack.html", "pack.json"}


def test_the_command_keeps_the_pack_and_copies_it(company, pack, tmp_path):
    root = ["--workspace", str(company.workspace.root)]
    copied = tmp_path / "board.html"
    done = CliRunner().invoke(app, ["report", "--pack", "--format", "html", "--output", str(copied), "--json", *root])
    assert json.loads(done.stdout) == {"pack_id": pack.name, "path": str(copied)}
    assert copied.read_bytes() == (pack / "pack.html").read_bytes()
    for wrong in (
        ["report", *root],
        ["report", "latest", "--pack", *root],
        ["report", "latest", "--since", "x", *root],
    ):
        assert isinstance(CliRunner().invoke(app, wrong).exception, RunError)


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        (saved.SavedCustomers, SegmentationResult),
        (saved.SavedMediaMix, MediaMixResult),
        (saved.SavedPlan, PreparedPlan),
        (saved.SavedContacts, NextActionResult),
        (saved.SavedScore, PropensityResult),
        (saved.SavedReadout, ExperimentResult),
        (saved.SavedDesign, DesignResult),
        (saved.SavedReview, LearningReview),
    ],
)
def test_what_a_pack_reads_is_what_the_analysis_saves(part, whole):
    assert part.analysis == whole.analysis
    known = get_type_hints(whole)
    for field in fields(part):
        assert field.name in known
        # A verdict or kind is read as the text that it is saved as.
        if get_type_hints(part)[field.name] is not str:
            assert get_type_hints(part)[field.name] == known[field.name]
