"""What is published is what was chosen, and stays so until something else is."""

from __future__ import annotations

import shutil

import pytest

from tests.publish.conftest import finished_run
from workbench.apps.published import published_runs, read_publications
from workbench.errors import RunError
from workbench.publish.publication import apps_of, publish_newest, published, record_path
from workbench.runs.staging import RUNS
from workbench.workspace import open_workspace


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "workbench.toml").write_text('[workspace]\nname = "Small company"\n', encoding="utf-8")
    return open_workspace(tmp_path)


def test_the_newest_run_of_each_subject_is_published(workspace):
    finished_run(workspace, "scenario_planning", days_ago=3)
    plan = finished_run(workspace, "scenario_planning", days_ago=2)
    finished_run(workspace, "experiment_readout", days_ago=9, experiment="mail")
    mail = finished_run(workspace, "experiment_readout", days_ago=8, experiment="mail")
    video = finished_run(workspace, "experiment_readout", days_ago=7, experiment="video")
    segments = [finished_run(workspace, "segmentation", days_ago=day) for day in range(15)]
    finished_run(workspace, "", days_ago=1)
    current = publish_newest(workspace)
    assert current.runs["scenario_planning"] == (plan,)
    assert current.runs["experiment_readout"] == (video, mail)
    assert current.runs["segmentation"] == tuple(segments[:12])
    assert apps_of(current) == ("scenario_planner", "segments", "experiments")
    assert len(current.run_ids) == 15


def test_a_newer_run_is_unseen_until_it_is_published_and_history_tells_when(workspace, monkeypatch):
    first = finished_run(workspace, "media_mix", days_ago=2)
    then = publish_newest(workspace)
    assert publish_newest(workspace) == then
    second = finished_run(workspace, "media_mix", days_ago=1)
    monkeypatch.setenv("WORKBENCH_PUBLISHED", str(record_path(workspace)))
    (seen,), when = published_runs("media_mix", workspace)
    assert (seen.run_id, when) == (first, then.published_at)
    publish_newest(workspace)
    assert published(workspace).runs == {"media_mix": (second,)}
    assert published_runs("media_mix", workspace)[0][0].run_id == second
    assert read_publications(record_path(workspace)).history == (then,)
    monkeypatch.delenv("WORKBENCH_PUBLISHED")
    runs, when = published_runs("media_mix", workspace)
    assert ([run.run_id for run in runs], when) == ([second, first], None)


def test_what_cannot_be_shown_is_told_with_its_mend(workspace, monkeypatch):
    with pytest.raises(RunError, match="no finished run in"):
        publish_newest(workspace)
    with pytest.raises(RunError, match="nothing was published"):
        published(workspace)
    with pytest.raises(RunError, match="there is no finished media_mix run"):
        published_runs("media_mix", workspace)
    run = finished_run(workspace, "media_mix")
    publish_newest(workspace)
    monkeypatch.setenv("WORKBENCH_PUBLISHED", str(record_path(workspace)))
    with pytest.raises(RunError, match="there is no published segmentation run"):
        published_runs("segmentation", workspace)
    shutil.rmtree(workspace.reports / RUNS / run)
    with pytest.raises(RunError, match="is gone from .* `workbench publish --update`"):
        published_runs("media_mix", workspace)
    record_path(workspace).write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="can't be read .* publish again"):
        published(workspace)
