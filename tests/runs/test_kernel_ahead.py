"""The kernel of a run, forked from the run's process: nothing that a notebook can see tells it from one that was started."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.runs.tiny import make_workspace, write_notebook
from workbench.runs.execute import run_notebook
from workbench.runs.fan_out.batch import run_batch

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")]

LOOK = """
import json, os, sys
from pathlib import Path
import debugpy, fqdn, jsonschema, papermill, papermill.iorw, pandas, pyarrow, requests, webcolors
import numpy as np
import beside
found = {
    "name": Path("/proc/self/comm").read_text().strip(),
    "own_session": os.getsid(0) == os.getpid(),
    "arrow_in_pandas": pandas.compat.HAS_PYARROW,
    "formats": "color" in jsonschema.FormatChecker.checkers,
    "hollow": [
        name for name in ("debugpy", "fqdn", "webcolors", "isoduration", "requests")
        if name in sys.modules and getattr(sys.modules[name], "__spec__", None) is None
    ],
    "drawn": np.random.rand(3).tolist(),
    "standard_input": sys.__stdin__.read(),
    "main": sys.modules["__main__"].__dict__.get("seed"),
    "told": os.environ["TOLD"],
    "provisioner": os.environ.get("JUPYTER_DEFAULT_PROVISIONER_NAME", ""),
    "folder": os.getcwd(),
}
Path(os.environ["WORKBENCH_WORKSPACE"], f"found-{seed}.json").write_text(json.dumps(found))
"""

LOAD = """
import os
from workbench.runs.light_papermill import import_papermill
import_papermill()
import workbench.runs.worker
from workbench.runs.forked_kernel import load_kernel
load_kernel()"""
LAST_WORDS = """
import atexit, os, tempfile, threading, time
from pathlib import Path
root = Path(os.environ["WORKBENCH_WORKSPACE"])
kept = tempfile.TemporaryDirectory(dir=root)
atexit.register((root / "at-exit").touch)
threading.Thread(target=lambda: (time.sleep(0.3), (root / "waited-for").touch())).start()
(root / "folder").write_text(kept.name)
"""
# The thread that answers the request to shut down is slow to say so, and the one that sends what it says is slow to end.
LAST_WORD = """
import logging, os, sys, threading, time
from pathlib import Path
from ipykernel.kernelapp import IPKernelApp
sending = sys.stdout.pub_thread.io_loop
# Names are forgotten before the kernel ends.
def flush_late(flush=sys.stdout.flush, wait=time.sleep, current=threading.current_thread):
    wait(0.3 if current().name == "Control" else 0)
    flush()
def close_late(all_fds=False, close=sending.close, wait=time.sleep):
    wait(0.7)
    close(all_fds)
sys.stdout.flush, sending.close = flush_late, close_late
class Closed(logging.Handler):
    def emit(self, said, told=Path(os.environ["WORKBENCH_WORKSPACE"], "closed")):
        if said.getMessage() == "Terminating zmq context":
            told.touch()
IPKernelApp.instance().log.addHandler(Closed())
IPKernelApp.instance().log.setLevel("DEBUG")
"""
ONE = """
import os, sys
from workbench.runs.kernel_ahead import KernelAhead
ahead = KernelAhead()
wanted = {"name": "kernel x", "folder": sys.argv[1], "environment": dict(os.environ), "arguments": ["-f", sys.argv[1]]}
print(ahead.become(wanted).wait())
try:
    ahead.become(wanted)
except ProcessLookupError:
    print("refused")
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TOLD", "by whoever started it")
    made = make_workspace(tmp_path)
    write_notebook(made.root / "notebooks", "look", LOOK)
    (made.root / "notebooks" / "beside.py").write_text("")
    return made


def looked(workspace, seed: int) -> dict:
    return json.loads((workspace.root / f"found-{seed}.json").read_text())


def test_a_notebook_finds_a_process_like_one_that_was_started(workspace):
    record = run_notebook(workspace, "look", ["seed=3"])
    assert record.status == "finished", record.reason
    found = looked(workspace, 3)
    assert found.pop("name").startswith("kernel ")
    assert len(set(found.pop("drawn"))) == 3
    assert found == {
        "own_session": True,
        "arrow_in_pandas": True,
        "formats": True,
        "hollow": [],
        "standard_input": "",
        "main": 3,
        "told": "by whoever started it",
        "provisioner": "",
        "folder": str(workspace.root / "notebooks"),
    }


def test_a_kernel_ends_as_an_interpreter_does(workspace):
    write_notebook(workspace.root / "notebooks", "last_words", LAST_WORDS)
    record = run_notebook(workspace, "last_words")
    assert record.status == "finished", record.reason
    assert (workspace.root / "at-exit").exists()
    assert (workspace.root / "waited-for").exists()
    assert not Path((workspace.root / "folder").read_text()).exists()


def test_a_kernel_is_not_closed_before_it_has_said_its_last_word(workspace):
    """It would be waited for in vain, and killed, as one run in thirty was."""
    write_notebook(workspace.root / "notebooks", "last_word", LAST_WORD)
    record = run_notebook(workspace, "last_word")
    assert record.status == "finished", record.reason
    assert (workspace.root / "closed").exists()


def test_what_papermill_may_never_use_is_imported_when_it_is_asked_for():
    load = """
from workbench.runs.light_papermill import import_papermill
import_papermill()
import sys
from papermill.iorw import requests
loaded = "urllib3" in sys.modules
print(loaded, requests.get.__module__, sys.modules["requests"] is requests)
"""
    said = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True).stdout.split()
    assert said == ["False", "requests.api", "False"]


def test_kernels_of_one_source_draw_different_numbers(workspace):
    run_batch(workspace, "look", [["seed=1"], ["seed=2"]], batch="b")
    assert not set(looked(workspace, 1)["drawn"]) & set(looked(workspace, 2)["drawn"])


def ran(code: str, *arguments: str) -> str:
    """In a process without threads, as one that runs notebooks is."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("loaded", ["", "from workbench.runs import fork_server; fork_server._load_ahead()"])
def test_what_is_forked_has_one_thread(loaded: str, monkeypatch: pytest.MonkeyPatch):
    """A fork has none but the one that forks; locks that others held would stay closed."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    assert len(ran(f"{LOAD}\n{loaded}\nprint(*os.listdir('/proc/self/task'))").split()) == 1


def test_a_process_that_nobody_asks_for_ends():
    pid = int(ran("from workbench.runs.kernel_ahead import KernelAhead; print(KernelAhead()._pid)"))
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_one_process_becomes_one_kernel(tmp_path: Path):
    # A folder where a file is wanted: the kernel ends with an error of its own.
    told = ran(ONE, str(tmp_path)).split()
    assert told[0] not in {"None", "0"}
    assert told[1] == "refused"
