"""Kernels that are killed in each phase of a run, and notebooks that behave badly."""

import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.runs.faults.quick import assert_truthful
from tests.runs.test_run_status import alive
from tests.runs.tiny import SAVING, make_workspace, write_notebook
from workbench.runs.bounded_output import MOST_CHARACTERS
from workbench.runs.execute import run_notebook
from workbench.workspace import Workspace

pytestmark = pytest.mark.slow

KILL_KERNEL = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
# A process in a session of its own, which waits for the PDF and then kills whoever writes it.
KILL_WORKER = """
import os, subprocess, sys
wait = f"import os, time\\nwhile not os.path.exists({os.environ['WORKBENCH_RUN_DIR']!r} + '/report.pdf'): time.sleep(0.001)\\n"
subprocess.Popen([sys.executable, "-c", wait + f"os.kill({os.getppid()}, 9)"], start_new_session=True)
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = make_workspace(tmp_path_factory.mktemp("kernels"))
    folder = made.root / "notebooks"
    write_notebook(folder, "starting", "1")
    write_notebook(folder, "computing", "1", KILL_KERNEL, "2")
    write_notebook(folder, "saving", SAVING, KILL_KERNEL)
    write_notebook(folder, "reporting", SAVING, KILL_WORKER)
    return made


def kernels() -> set[psutil.Process]:
    """Kernels below this process."""
    found = set()
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if child.name().startswith("kernel ") or "ipykernel" in " ".join(child.cmdline()):
                found.add(child)
    return found


def kill_new_kernels(stop: threading.Event, others: set[psutil.Process]) -> None:
    """Kill each kernel that starts, those of other tests aside."""
    while not stop.is_set():
        with suppress(psutil.Error):
            for kernel in kernels() - others:
                kernel.kill()
        time.sleep(0.002)


@pytest.mark.parametrize("phase", ["starting", "computing", "saving", "reporting"])
def test_a_kernel_killed_in_any_phase_is_a_killed_run(workspace: Workspace, phase: str):
    others = kernels()
    stop = threading.Event()
    watcher = threading.Thread(target=kill_new_kernels, args=(stop, others))
    if phase == "starting":
        watcher.start()
    try:
        record = run_notebook(workspace, phase)
    finally:
        stop.set()
        if watcher.is_alive():
            watcher.join()
    assert record.status in ("killed", "failed")
    assert record.status == "killed" or phase == "starting"
    assert "kernel" in record.reason or "killed by SIGKILL" in record.reason
    assert not any(alive(kernel.pid) for kernel in kernels() - others)
    assert {each.status for each in assert_truthful(workspace)} <= {"killed", "failed", "finished"}


def test_after_all_that_the_next_run_works(workspace: Workspace):
    assert run_notebook(workspace, "starting").status == "finished"
    finished = [record for record in assert_truthful(workspace) if record.status == "finished"]
    assert len(finished) == 1


def test_a_notebook_that_prints_a_gigabyte_is_run_and_cut(tmp_path: Path):
    workspace = make_workspace(tmp_path)
    loud = "for _ in range(1000):\n    print(('x' * 99 + '\\n') * 10_000, end='')"
    write_notebook(workspace.root / "notebooks", "loud", loud, "print('and', 'done')")
    record = run_notebook(workspace, "loud")
    assert record.status == "finished"
    written = (workspace.reports / "runs" / record.run_id / "notebook.ipynb").read_text()
    assert MOST_CHARACTERS < len(written) < 1.3 * MOST_CHARACTERS
    assert "is left out" in written
    assert "and done" in written
