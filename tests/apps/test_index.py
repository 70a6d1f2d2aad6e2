"""The first page with nothing, one and all analyses published: what it says is in the runs' own records."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.publish.conftest import finished_pack
from workbench.apps.index import APP_NAMES, Site, index, load_site
from workbench.apps.index_entries import ANALYSES, UPDATE, age_in_days
from workbench.errors import ConfigError
from workbench.publish.publication import ANALYSIS_OF_APP, publish_newest
from workbench.result import Check, Provenance, Result, estimates_frame
from workbench.runs.save import RUN_DIR_VARIABLE, save_run
from workbench.workspace import Workspace, open_workspace

LAST_DAY = date(2025, 12, 28)
TOML = """
[workspace]
name = "Small & <Co>"

[scores.next_order]
kind = "conversion"
"""
RESULTS = {each.name: type(each.name, (Result,), {"analysis": each.name}) for each in ANALYSES}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.delenv(RUN_DIR_VARIABLE, raising=False)
    monkeypatch.delenv("WORKBENCH_PUBLISHED", raising=False)
    (tmp_path / "workbench.toml").write_text(TOML, encoding="utf-8")
    return open_workspace(tmp_path)


def save(workspace: Workspace, analysis: str, *checks: Check, finding: str = "It pays.", **parameters: str) -> str:
    result = RESULTS[analysis](
        title=f"Report of {analysis}",
        estimates=estimates_frame([]),
        checks=checks,
        findings=(finding, "And more."),
        provenance=Provenance(window=(date(2025, 1, 6), LAST_DAY), parameters=dict(parameters)),
    )
    return save_run(result, workspace=workspace).name


def text_of(site: Site) -> str:
    return " ".join(child.value for child in walk(index(site)) if hasattr(child, "value"))


def walk(widget):
    return [widget, *(each for child in getattr(widget, "children", ()) for each in walk(child))]


def test_with_nothing_published_it_says_what_to_run(workspace):
    site = load_site(workspace.root)
    text = text_of(site)
    assert "Nothing is published yet" in text
    for analysis in ANALYSES:
        assert f"workbench run {analysis.notebook}" in text
    assert "workbench run propensity -p score=next_order" in text
    assert "Small &amp; &lt;Co&gt;" in text


def test_a_run_that_is_not_published_is_only_said_to_be_there(workspace):
    save(workspace, "media_mix", finding="Secret until published.")
    site = load_site(workspace.root)
    assert not site.entries
    assert next(each for each in site.missing if each.analysis.name == "media_mix").commands == (UPDATE,)
    assert "Secret" not in text_of(site)


def test_one_published_run_is_told_with_its_finding_age_and_failed_checks(workspace):
    failed = Check(name="holdout", passed=False, detail="Forecasts were off by 20%; give it longer history.")
    run = save(workspace, "media_mix", failed, Check(name="priors", passed=None), Check(name="placebo", passed=True))
    publication = publish_newest(workspace)
    site = load_site(workspace.root)
    (entry,) = site.entries
    assert (entry.run_id, entry.headline, entry.checks) == (run, "It pays.", 2)
    days = (publication.published_at.date() - LAST_DAY).days
    text = text_of(site)
    assert f"Data to 28 December 2025, {days} days old at publication" in text
    assert "1 of 2 checks failed: “Forecasts unseen weeks”" in text
    assert "Forecasts were off by 20%" in text
    assert 'href="app/media_mix"' in text
    assert len(site.missing) == len(ANALYSES) - 1


def test_all_analyses_published_leave_nothing_to_do(workspace):
    ids = {analysis.name: save(workspace, analysis.name) for analysis in ANALYSES}
    publish_newest(workspace)
    site = load_site(workspace.root)
    assert [entry.run_id for entry in site.entries] == [ids[analysis.name] for analysis in ANALYSES]
    text = text_of(site)
    assert site.missing == []
    assert "Not published yet" not in text
    assert set(re.findall(r'href="app/(\w+)"', text)) == set(ANALYSIS_OF_APP)


def test_apps_and_analyses_are_those_of_the_server(repository):
    assert {each.app: each.name for each in ANALYSES if each.app} == ANALYSIS_OF_APP
    assert set(APP_NAMES) == set(ANALYSIS_OF_APP)
    for each in ANALYSES:
        assert (repository / "notebooks" / f"{each.notebook}.ipynb").is_file()


def test_data_are_old_one_day_after_the_rule_and_finished_tests_never(workspace):
    save(workspace, "media_mix")
    save(workspace, "experiment_readout")
    publish_newest(workspace)
    last = datetime(2025, 12, 28, 23, tzinfo=UTC)
    # 28 December and 35 days are 1 February.
    for now, fresh in (
        (last, True),
        (datetime(2026, 2, 1, 23, tzinfo=UTC), True),
        (datetime(2026, 2, 2, tzinfo=UTC), False),
    ):
        site = load_site(workspace.root, now=now)
        media, test = site.entries
        assert (site.fresh(media), site.fresh(test)) == (fresh, None)
    assert age_in_days(media, last) == 0
    assert "1 rests on data older than 35 days" in text_of(site)


@pytest.mark.parametrize(("days", "told"), [(1, "1 day"), (400, "400 days")])
def test_the_workspace_says_after_how_many_days_data_are_old(workspace, days, told):
    save(workspace, "media_mix")
    publish_newest(workspace)
    (workspace.root / "workbench.toml").write_text(f"{TOML}\n[publish]\nfresh_days = {days}\n", encoding="utf-8")
    last = datetime(2025, 12, 28, 23, tzinfo=UTC)
    held = load_site(workspace.root, now=last + timedelta(days=days))
    assert "✓ Fresh" in text_of(held)
    old = text_of(load_site(workspace.root, now=last + timedelta(days=days + 1)))
    assert "⚠ Old" in old
    assert f"1 rests on data older than {told} and" in old
    assert "workbench run media_mix" in old


@pytest.mark.parametrize("days", ["0", "-7", "3.5", "true", '"35"'])
def test_the_age_of_old_data_is_a_positive_number_of_days(workspace, days):
    (workspace.root / "workbench.toml").write_text(f"{TOML}\n[publish]\nfresh_days = {days}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"workbench\.toml: publish\.fresh_days is .*; change it there"):
        open_workspace(workspace.root)


def test_a_later_run_is_unseen_until_it_is_published_and_history_tells_both(workspace):
    first = save(workspace, "propensity", score="next_order")
    publish_newest(workspace)
    second = save(workspace, "propensity", score="next_order", finding="Something else.")
    assert "Something else." not in text_of(load_site(workspace.root))
    publish_newest(workspace)
    site = load_site(workspace.root)
    text = text_of(site)
    assert [entry.run_id for entry in site.entries] == [second]
    told = text[text.index("What was published when") :]
    assert told.index(second) < told.index(first)
    assert "workbench run propensity -p score=next_order" in text


def test_a_published_run_whose_folder_is_gone_is_told(workspace):
    run = save(workspace, "media_mix")
    kept = save(workspace, "propensity")
    publish_newest(workspace)
    folder = workspace.reports / "runs" / run
    folder.rename(workspace.root / "moved away")
    site = load_site(workspace.root)
    assert [entry.run_id for entry in site.entries] == [kept]
    assert f"the published run {run} is gone" in text_of(site)


def test_an_exploration_of_the_past_stands_behind_the_run_of_today(workspace):
    today = save(workspace, "segmentation")
    save(workspace, "segmentation", calibration_end="2025-06-29")
    publish_newest(workspace)
    (entry,) = load_site(workspace.root).entries
    assert (entry.run_id, entry.earlier) == (today, 1)


def test_reports_are_linked_where_the_run_has_them(workspace):
    run = save(workspace, "media_mix")
    record = workspace.reports / "runs" / run / "run.json"
    files = '[{"path": "report.pdf", "sha256": "", "size_bytes": 1}, {"path": "report.html", "sha256": "", "size_bytes": 1}]'
    record.write_text(re.sub(r'"artefacts": \[.*?\n \]', f'"artefacts": {files}', record.read_text(), flags=re.DOTALL))
    publish_newest(workspace)
    text = text_of(load_site(workspace.root))
    assert f'href="report/{run}.pdf"' in text
    assert f'href="report/{run}.html"' in text


def test_the_board_pack_stands_first_where_it_is_published(workspace):
    run = save(workspace, "media_mix")
    publish_newest(workspace)
    assert "Board pack" not in text_of(load_site(workspace.root))
    pack = finished_pack(workspace, run)
    publish_newest(workspace)
    text = text_of(load_site(workspace.root))
    assert text.index("Board pack of 31 January 2026") < text.index("It pays.")
    assert re.findall(r'href="(pack/[^"]+)"', text) == [f"pack/{pack}.pdf", f"pack/{pack}.html"]
    assert f"UTC: Board pack of 31 January 2026 ({pack})" in text
    save(workspace, "media_mix")
    publish_newest(workspace)
    assert 'href="pack/' not in text_of(load_site(workspace.root))
