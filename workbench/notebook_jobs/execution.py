"""A notebook job of JupyterLab as a run: its parameters checked, its kernel supervised, its history in the ledger.

The process of jupyter-scheduler that this runs in is the run's supervisor.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec
from jupyter_scheduler.executors import DefaultExecutionManager
from jupyter_scheduler.models import DescribeJob, Status
from jupyter_scheduler.orm import Job
from jupyter_scheduler.utils import get_utc_timestamp

from workbench.config import find_config
from workbench.errors import RunError, WorkbenchError
from workbench.runs.execute import NOTEBOOK_FILE, run_notebook
from workbench.runs.notebooks import known_notebooks
from workbench.telling.tell import tell_of_runs
from workbench.workspace import WORKSPACE_VARIABLE, Workspace, open_workspace

if TYPE_CHECKING:
    from workbench.runs.record import RunRecord

FILES = {"ipynb": NOTEBOOK_FILE, "html": "report.html", "pdf": "report.pdf"}


class JobStopped(RunError):
    """The run was cancelled."""


class NotebookJob(DefaultExecutionManager):
    """Runs one job; what it may not say of its state, jupyter-scheduler writes into its own database."""

    def execute(self) -> None:
        """Run the notebook and hand out what it wrote.

        Raises:
            JobStopped: If it was cancelled.
            RunError: If it didn't finish for another reason.
        """
        job: DescribeJob = self.model
        workspace = workspace_of(self.root_dir)
        record = run_notebook(
            workspace,
            str(self._notebook(job, workspace)),
            [f"{name}={value}" for name, value in (job.parameters or {}).items()],
            trigger=trigger_of(job),
        )
        self._hand_out(job, record)
        if problem := tell_of_runs(workspace, [record]):
            _say(problem)
        if record.status != "finished":
            raise (JobStopped if record.status == "cancelled" else RunError)(record.reason)

    def on_failure(self, e: Exception) -> None:
        """Write how the job ended, with the run's own sentence."""
        if not isinstance(e, WorkbenchError):
            super().on_failure(e)
            return
        status = Status.STOPPED if isinstance(e, JobStopped) else Status.FAILED
        ended = {"status": status, "status_message": str(e), "end_time": get_utc_timestamp()}
        with self.db_session() as session:
            session.query(Job).filter(Job.job_id == self.job_id).update(ended)
            session.commit()
        _say(f"notebook job {self.model.name}: {e}")

    def _notebook(self, job: DescribeJob, workspace: Workspace) -> Path:
        """The workspace's own notebook while it is what it was when the job was made, so that it can be retried; else the copy made then."""
        copied = Path(self.staging_paths["input"])
        own = known_notebooks(workspace.root).get(copied.stem)
        same = own is not None and not job.package_input_folder and own.read_bytes() == copied.read_bytes()
        return own if own is not None and same else copied

    def _hand_out(self, job: DescribeJob, record: RunRecord) -> None:
        """Copy what was asked for to where the front end fetches it; of a run that failed there is the notebook alone."""
        for kind in job.output_formats or ():
            found = record.path / FILES[kind] if record.path and kind in FILES else None
            if found is not None and found.is_file():
                with fsspec.open(self.staging_paths[kind], "wb") as stream:
                    stream.write(found.read_bytes())
        if job.package_input_folder:
            self.add_side_effects_files(os.path.dirname(self.staging_paths["input"]))


def workspace_of(root: str) -> Workspace:
    """The workspace that JupyterLab works in: the one that the environment names, else the nearest one from its root folder upwards.

    Raises:
        ConfigError: If there is none.
    """
    return open_workspace("" if os.environ.get(WORKSPACE_VARIABLE) else find_config(Path(root)).parent)


def trigger_of(job: DescribeJob) -> str:
    """What the runs of a job say of what started them."""
    return f"notebook job {job.name} {job.job_id}"


def _say(text: str) -> None:
    print(f"workbench: {text}", file=sys.stderr)
