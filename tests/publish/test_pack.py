"""The board pack goes out with the runs that it draws on, or not at all."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from tornado.web import HTTPError

from tests.publish.conftest import finished_pack, finished_run
from workbench.config.publishing import Publish
from workbench.publish.guard import Guard
from workbench.publish.publication import publish_newest, published, record_path
from workbench.publish.publishing import visitors_of
from workbench.publish.report_files import PackFile
from workbench.publish.routes import routes
from workbench.publish.settings import Entrance
from workbench.publish.shown import Shown
from workbench.runs.staging import PACKS, RUNS
from workbench.workspace import open_workspace


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "workbench.toml").write_text('[workspace]\nname = "Small company"\n', encoding="utf-8")
    return open_workspace(tmp_path)


def test_a_pack_is_recorded_where_all_its_runs_are_published(workspace):
    old = finished_run(workspace, "media_mix", days_ago=3)
    mix = finished_run(workspace, "media_mix", days_ago=2)
    plan = finished_run(workspace, "scenario_planning", days_ago=2)
    assert publish_newest(workspace).pack is None
    first = finished_pack(workspace, mix, plan, days_ago=2)
    current = publish_newest(workspace)
    assert current.pack.pack_id == first
    assert current.pack.title == "Board pack of 29 January 2026"
    assert published(workspace) == publish_newest(workspace) == current
    finished_pack(workspace, mix, old, days_ago=1)
    assert publish_newest(workspace).pack is None


def test_a_pack_of_runs_that_newer_ones_replaced_is_withdrawn(workspace):
    pack = finished_pack(workspace, finished_run(workspace, "media_mix", days_ago=2), days_ago=2)
    assert publish_newest(workspace).pack.pack_id == pack
    finished_run(workspace, "media_mix", days_ago=1)
    assert publish_newest(workspace).pack is None


def test_a_pack_that_names_no_run_is_not_published(workspace):
    finished_run(workspace, "media_mix")
    finished_pack(workspace)
    assert publish_newest(workspace).pack is None


@pytest.mark.parametrize("kind", ["pdf", "html"])
def test_the_route_sends_the_recorded_pack_and_refuses_all_others(workspace, kind):
    run = finished_run(workspace, "media_mix")
    other = finished_pack(workspace, run, days_ago=1)
    pack = finished_pack(workspace, run)
    publish_newest(workspace)
    assert asked(workspace, pack, kind).read_bytes().endswith(pack.encode())
    for refused in (other, run, "", "nothing"):
        with pytest.raises(HTTPError, match="404"):
            asked(workspace, refused, kind)
    finished_run(workspace, "media_mix", days_ago=-1)
    publish_newest(workspace)
    with pytest.raises(HTTPError, match="404"):
        asked(workspace, pack, kind)


def test_the_route_asks_who_comes():
    voila = SimpleNamespace(
        base_url="/",
        static_paths=["/nowhere"],
        themes_dir="/nowhere",
        voila_configuration=SimpleNamespace(extra_labextensions_path=[]),
    )
    visitors = visitors_of(Entrance(login="password", hashed="argon2:x"), Publish())
    (found,) = [each for each in routes(voila, visitors, {"media_mix": "Media mix.ipynb"}) if "pack/" in each[0]]
    assert issubclass(found[1], PackFile)
    assert found[1].__mro__[1] is Guard


def asked(workspace, pack_id, kind):
    """The file that the handler would send."""
    reports = workspace.reports
    handler, sent = object.__new__(PackFile), []
    handler.application = SimpleNamespace(
        settings={"shown": Shown(record_path(workspace), reports / RUNS, reports / PACKS)}
    )
    handler.send = lambda path, *_: sent.append(path)
    asyncio.run(handler.get(pack_id, kind))
    return sent[0]
