"""Many real runs on a real cluster of several processes, one of them killed; what comes back, and what must not."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

distributed = pytest.importorskip("distributed")

from tests.runs.test_run_status import alive  # noqa: E402
from tests.runs.tiny import SAVING, make_workspace, visible, write_notebook  # noqa: E402
from workbench.errors import RunError  # noqa: E402
from workbench.runs.fan_out.batch import EXECUTOR_VARIABLE, run_batch  # noqa: E402
from workbench.runs.history import all_runs  # noqa: E402
from workbench.runs.record import RunRecord, code_sha256, list_artefacts  # noqa: E402
from workbench.runs.store import finished_runs  # noqa: E402
from workbench.workspace import open_workspace  # noqa: E402

pytestmark = pytest.mark.slow

# Says which processes it runs in, and waits until it may go on.
WAITING = """
import os, time
import psutil
from pathlib import Path
root = Path(os.environ["WORKBENCH_WORKSPACE"])
mine = psutil.Process()
child = os.fork()
if child == 0:
    time.sleep(600)
    os._exit(0)
family = [child, mine.pid, mine.ppid(), mine.parent().ppid()]
(root / "running").mkdir(exist_ok=True)
(root / "running" / f"{seed} {mine.pid}").write_text(" ".join(map(str, family)))
while not (root / "go").exists():
    time.sleep(0.05)
os.kill(child, 9)
"""
PASSING = "import os\nfrom workbench.runs.parents import note_parent\nnote_parent('an earlier run')"


def same_code() -> str:
    return f"import workbench.runs.record as record\nrecord.code_sha256 = lambda: {code_sha256()!r}\n"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Three workers that take this process's code for theirs, also where somebody edits it while the tests run."""
    same = tmp_path_factory.mktemp("preload") / "same_code.py"
    same.write_text(same_code())
    with distributed.LocalCluster(
        n_workers=3,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        silence_logs=50,
        preload=[str(same)],
    ) as cluster:
        yield cluster


@pytest.fixture
def on_cluster(cluster, monkeypatch):
    monkeypatch.setenv(EXECUTOR_VARIABLE, cluster.scheduler_address.replace("tcp://", "dask://"))


def underway(root: Path, least: int) -> dict[int, list[int]]:
    """By seed, the ids of child, kernel, run and worker of the runs that wait."""
    deadline = time.monotonic() + 90
    while True:
        found = {int(path.name.split()[0]): path.read_text().split() for path in root.glob("running/*")}
        if len(found) >= least and all(len(ids) == 4 for ids in found.values()):
            return {seed: [int(each) for each in ids] for seed, ids in found.items()}
        assert time.monotonic() < deadline
        time.sleep(0.1)


def require_whole(record: RunRecord) -> None:
    """What came back is what was sent, and is where it would be had it run here."""
    assert record.status == "finished", record.reason
    assert record.path is not None
    assert list_artefacts(record.path) == record.artefacts
    files = {artefact.path for artefact in record.artefacts}
    assert {"notebook.ipynb", "report.pdf", "report.html", "result/result.json", "handoff/lift_record.csv"} <= files
    assert record.summary.headline == f"The seed is {record.parameters['seed']}."


def ended(pids: list[int]) -> bool:
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not any(alive(pid) for pid in pids)


def test_every_run_ends_once_though_a_worker_is_killed(tmp_path, on_cluster):
    workspace = make_workspace(tmp_path / "home", '[runs]\nstore = "shared {store}"\n')
    write_notebook(workspace.root / "notebooks", "tiny", PASSING, WAITING, SAVING)
    victims: dict[int, list[int]] = {}

    def kill_one() -> None:
        victims.update(underway(workspace.root, 3))
        os.kill(victims[2][3], signal.SIGKILL)
        assert ended(victims[2])
        (workspace.root / "go").touch()

    killer = threading.Thread(target=kill_one)
    killer.start()
    records = run_batch(workspace, "tiny", [[f"seed={seed}"] for seed in range(1, 5)], batch="b")
    killer.join()
    assert [(record.parameters["seed"], record.status) for record in records] == [(n, "finished") for n in (1, 2, 3, 4)]
    rows = all_runs(workspace)
    assert sorted(row.status for row in rows) == ["finished"] * 4 + ["killed"]
    (killed,) = [row for row in rows if row.status == "killed"]
    assert killed.parameters["seed"] == 2
    assert "was killed or lost while it had the run; run it again" in killed.reason
    for record in records:
        require_whole(record)
        assert record.parents == ("an earlier run",)
    assert {record.run_id for record in finished_runs(workspace.reports)} == {record.run_id for record in records}
    assert visible(workspace.reports / "runs") == {record.run_id for record in records}
    assert visible(workspace.root / "shared {store}" / "runs") == set()
    assert ended([pid for ids in underway(workspace.root, 4).values() for pid in ids[:3]])


def test_without_a_store_the_folder_comes_back_through_the_cluster(tmp_path, on_cluster):
    workspace = make_workspace(tmp_path)
    write_notebook(workspace.root / "notebooks", "tiny", SAVING)
    (record,) = run_batch(workspace, "tiny", [["seed=7"]], batch="b")
    require_whole(record)
    assert visible(workspace.reports) == {"latest", "ledger.db", "runs"}


def test_runs_end_with_the_process_that_started_them(tmp_path, on_cluster):
    workspace = make_workspace(tmp_path)
    write_notebook(workspace.root / "notebooks", "tiny", WAITING)
    program = f"{same_code()}from workbench.cli import main; main()"
    words = ("run", "tiny", "--each", "seed=1,2", "--workspace", str(workspace.root))
    running = subprocess.Popen([sys.executable, "-c", program, *words], stderr=subprocess.DEVNULL)
    families = underway(workspace.root, 2)
    running.kill()
    running.wait()
    assert ended([pid for ids in families.values() for pid in ids[:3]])
    assert {row.status for row in all_runs(workspace)} == {"lost"}
    assert visible(workspace.reports / "runs") == set()


def test_an_interrupted_run_ends_where_it_is(tmp_path, on_cluster):
    workspace = make_workspace(tmp_path)
    write_notebook(workspace.root / "notebooks", "tiny", WAITING)
    families: dict[int, list[int]] = {}

    def interrupt() -> None:
        families.update(underway(workspace.root, 2))
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    records = run_batch(workspace, "tiny", [["seed=1"], ["seed=2"]], batch="b")
    assert [record.status for record in records] == ["cancelled", "cancelled"]
    assert not any(alive(pid) for ids in families.values() for pid in ids[:3])
    assert all(psutil.pid_exists(ids[3]) for ids in families.values())
    assert visible(workspace.reports / "runs") == set()


def test_a_failed_cell_is_told_with_its_notebook_and_not_tried_again(tmp_path, on_cluster):
    workspace = make_workspace(tmp_path)
    write_notebook(workspace.root / "notebooks", "bad", "print('before')", "1 / 0")
    (record,) = run_batch(workspace, "bad", [["seed=1"]], batch="b")
    assert record.status == "failed"
    assert record.reason.startswith(
        "ZeroDivisionError in cell 4 (Step 2): division by zero; the notebook up to there: "
    )
    assert "before" in Path(record.reason.rpartition(": ")[2]).read_text()
    assert len(all_runs(workspace)) == 1


def test_a_store_that_cannot_be_written_fails_the_run_in_a_sentence(tmp_path, on_cluster):
    workspace = make_workspace(tmp_path, '[runs]\nstore = "taken/store"\n')
    (tmp_path / "taken").write_text("a file where the store should be")
    write_notebook(workspace.root / "notebooks", "tiny", SAVING)
    (record,) = run_batch(workspace, "tiny", [["seed=1"]], batch="b")
    assert record.status == "failed"
    assert record.reason.startswith("the store taken/store can't be written (")
    assert visible(workspace.reports / "runs") == set()
    assert [row.status for row in all_runs(workspace)] == ["failed"]


def test_a_worker_with_another_version_is_refused(tmp_path, on_cluster, monkeypatch):
    workspace = make_workspace(tmp_path)
    write_notebook(workspace.root / "notebooks", "tiny", SAVING)
    monkeypatch.setattr("workbench.runs.record.code_sha256", lambda: "of another version")
    (record,) = run_batch(workspace, "tiny", [["seed=1"]], batch="b")
    assert record.status == "failed"
    assert "has another version of the workbench than whoever started the run" in record.reason
    assert visible(workspace.reports / "runs") == set()


def test_a_worker_with_another_configuration_is_refused(tmp_path, on_cluster):
    workspace = make_workspace(tmp_path)
    write_notebook(workspace.root / "notebooks", "tiny", SAVING)
    before = open_workspace(tmp_path)
    from workbench.runs.fan_out import on_dask

    class Late(on_dask._RunElsewhere):
        def _submitted(self):
            (tmp_path / "workbench.toml").write_text('[workspace]\nname = "Other"\n')
            return super()._submitted()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(on_dask, "_RunElsewhere", Late)
        (record,) = run_batch(before, "tiny", [["seed=1"]], batch="b")
    assert record.status == "failed"
    assert f"has another workbench.toml in {tmp_path} than whoever started the run" in record.reason


def test_a_workspace_that_no_worker_has_is_named(tmp_path, on_cluster):
    workspace = make_workspace(tmp_path / "here")
    write_notebook(workspace.root / "notebooks", "tiny", SAVING)
    from workbench.runs.fan_out import on_dask

    class Moved(on_dask._RunElsewhere):
        def _submitted(self):
            (tmp_path / "here" / "workbench.toml").rename(tmp_path / "away.toml")
            return super()._submitted()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(on_dask, "_RunElsewhere", Moved)
        (record,) = run_batch(workspace, "tiny", [["seed=1"]], batch="b")
    assert record.status == "failed"
    assert f"finds no workbench.toml in {tmp_path / 'here'}; put the workspace on storage" in record.reason


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("dask://127.0.0.1:1", "the Dask scheduler tcp://127.0.0.1:1 doesn't answer"),
        ("dask://local?workers=0", "names no cluster; write dask://HOST:PORT"),
        ("dask://local?cores=2", "names no cluster"),
        ("dask://scheduler", "names no cluster"),
        ("dask://scheduler:many", "names no cluster"),
        ("ray://here:1", "write dask://HOST:PORT, or unset it"),
    ],
)
def test_a_cluster_that_is_not_there_is_told_before_anything_runs(tmp_path, monkeypatch, url, sentence):
    monkeypatch.setenv(EXECUTOR_VARIABLE, url)
    monkeypatch.setattr("workbench.runs.fan_out.cluster._CONNECT_SECONDS", 1)
    workspace = make_workspace(tmp_path)
    write_notebook(workspace.root / "notebooks", "tiny", SAVING)
    with pytest.raises(RunError, match=sentence.replace("?", r"\?")):
        run_batch(workspace, "tiny", [["seed=1"]], batch="b")
    assert all_runs(workspace) == []
