"""The board pack goes out with the runs that it draws on, or not at all."""

from __future__ import annotations

import asyncio
import json
import re
from types import SimpleNamespace

import pytest
from tornado.web import HTTPError
from typer.testing import CliRunner

from tests.publish.conftest import finished_pack, finished_run
from workbench.cli.app import app
from workbench.config.publishing import Publish
from workbench.present.pack.record import RECORD_FILE
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


def test_an_unreadable_pack_is_left_out_and_told_with_its_mend(workspace):
    run = finished_run(workspace, "media_mix")
    old, pack = finished_pack(workspace, run, days_ago=1), finished_pack(workspace, run)
    damaged = workspace.reports / PACKS / old / RECORD_FILE
    damaged.write_text("{", encoding="utf-8")
    told = []
    assert publish_newest(workspace, say=told.append).pack.pack_id == pack
    assert told[0] == f"the board pack {pack} went along: all runs that it draws on are published"
    assert re.fullmatch(f"a board pack was left out: {damaged} can't be read .*; move that folder away", told[1])
    assert len(told) == 2
    damaged.parent.rename(workspace.root / "moved away")
    publish_newest(workspace, say=(again := []).append)
    assert again == told[:1]


def test_where_no_pack_can_be_read_none_goes_along(workspace):
    pack = finished_pack(workspace, finished_run(workspace, "media_mix"))
    assert publish_newest(workspace).pack.pack_id == pack
    later = (workspace.reports / PACKS / pack / RECORD_FILE).read_text().replace('"format": 1', '"format": 2')
    (workspace.reports / PACKS / pack / RECORD_FILE).write_text(later)
    told = []
    assert publish_newest(workspace, say=told.append).pack is None
    assert "there is none to read" in told[0]
    assert "format 2" in told[1]
    assert "update the workbench or move that folder away" in told[1]


def test_update_says_which_pack_went_along_and_why_none_did(workspace):
    run = finished_run(workspace, "media_mix", days_ago=2)
    assert (
        f"no board pack went along: there is none in {workspace.reports / PACKS}; `workbench report --pack`"
        in update(workspace)
    )
    empty = finished_pack(workspace, days_ago=2)
    assert f"the newest, {empty}, names no run" in update(workspace)
    pack = finished_pack(workspace, run, days_ago=1)
    assert f"the board pack {pack} went along" in update(workspace)
    assert json.loads(update(workspace, "--json"))["pack"] == pack
    finished_run(workspace, "media_mix", days_ago=1)
    told = json.loads(update(workspace, "--json"))
    assert told["pack"] is None
    (note,) = told["notes"]
    assert note == (
        f"no board pack went along: the newest, {pack}, draws on a run that isn't published ({run}); "
        "`workbench report --pack` makes one of the newest runs"
    )
    several = finished_pack(workspace, *(f"gone_{number}" for number in range(5)))
    assert f"{several}, draws on 5 runs that aren't published (gone_0, gone_1, gone_2 and 2 more);" in update(workspace)


def update(workspace, *words):
    """What `workbench publish --update` prints."""
    line = ["publish", "--update", "--workspace", str(workspace.root), *words]
    return CliRunner().invoke(app, line, catch_exceptions=False).stdout


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


def test_the_route_asks_who_comes(tmp_path):
    voila = SimpleNamespace(
        base_url="/",
        static_paths=["/nowhere"],
        themes_dir="/nowhere",
        voila_configuration=SimpleNamespace(extra_labextensions_path=[]),
    )
    visitors = visitors_of(Entrance(login="password", hashed="argon2:x"), Publish(), tmp_path)
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
