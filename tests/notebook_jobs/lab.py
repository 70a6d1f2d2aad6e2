"""A Jupyter server of the tests' own with jupyter-scheduler in it, spoken to as its front end does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import workbench.notebook_jobs

SHIPPED = Path(workbench.notebook_jobs.__file__).parent
TOKEN = "secret-of-the-test"
PATIENCE = 120.0
ENDED = ("COMPLETED", "FAILED", "STOPPED")
# They take seconds to load, and jobs need none of them.
OTHERS = ("jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "notebook_shim", "voila")


class Lab:
    """One server.

    Attributes:
        root: The folder that it shows.
        pid: Its process.
    """

    def __init__(self, url: str, root: Path, pid: int) -> None:
        self._url, self.root, self.pid = url, root, pid

    def ask(self, path: str, method: str = "GET", body: dict[str, Any] | None = None) -> Any:
        """What it answers, as JSON."""
        asked = Request(
            f"{self._url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json"},
        )
        with urlopen(asked, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def create(self, notebook: str, name: str, **parameters: str) -> str:
        """Create a job as the dialog does; its id."""
        body = {
            "name": name,
            "input_uri": f"{notebook}.ipynb",
            "input_filename": f"{notebook}.ipynb",
            "runtime_environment_name": "workbench",
            "output_formats": ["ipynb", "html", "pdf"],
            "parameters": parameters,
        }
        return str(self.ask("scheduler/jobs", "POST", body)["job_id"])

    def job(self, job_id: str) -> dict[str, Any]:
        """Its state."""
        found: dict[str, Any] = self.ask(f"scheduler/jobs/{job_id}")
        return found

    def ended(self, job_id: str) -> dict[str, Any]:
        """Its state, once it has ended."""
        return until(lambda: self.job(job_id), lambda job: job["status"] in ENDED)

    def files(self, job_id: str) -> dict[str, Path]:
        """Its files by their format, fetched as the download button does."""
        self.ask(f"scheduler/jobs/{job_id}/download_files")
        found = self.job(job_id)["job_files"]
        return {file["file_format"]: self.root / file["file_path"] for file in found if file["file_path"]}


@contextmanager
def lab_server(root: Path, private: Path) -> Iterator[Lab]:
    """Start a server over `root`, which keeps what it keeps in `private`."""
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        # As installed, it lies in the environment's etc/jupyter.
        "JUPYTER_CONFIG_PATH": str(SHIPPED),
    }
    environment.pop("WORKBENCH_WORKSPACE", None)
    options = ["--no-browser", "--allow-root", "--port=0", f"--ServerApp.root_dir={root}"]
    for folder in ("config", "data"):
        (private / folder).mkdir(parents=True)
    without = {"ServerApp": {"jpserver_extensions": dict.fromkeys(OTHERS, False)}}
    (private / "config" / "jupyter_server_config.json").write_text(json.dumps(without))
    with open(private / "log", "wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *options, f"--IdentityProvider.token={TOKEN}"],
            env=environment,
            cwd=private,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        told = private / "runtime" / f"jpserver-{server.pid}.json"
        until(told.is_file, bool)
        yield Lab(json.loads(told.read_text())["url"], root, server.pid)
    finally:
        server.terminate()
        server.wait(timeout=30)


def until[T](ask: Callable[[], T], enough: Callable[[T], bool]) -> T:
    """Ask until the answer is enough.

    Raises:
        TimeoutError: With the last answer.
    """
    deadline = time.monotonic() + PATIENCE
    while not enough(found := ask()):
        if time.monotonic() > deadline:
            raise TimeoutError(str(found))
        time.sleep(0.2)
    return found
