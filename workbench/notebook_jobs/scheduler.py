"""Stopping a notebook job cancels its run, which then says so, instead of killing the process that watches it."""

from __future__ import annotations

from jupyter_scheduler.models import CreateJob, DescribeJob, Status
from jupyter_scheduler.orm import Job
from jupyter_scheduler.scheduler import Scheduler

from workbench.errors import WorkbenchError
from workbench.notebook_jobs.execution import trigger_of, workspace_of
from workbench.runs.ledger import Ledger, Wanted

STOPPER = "somebody in JupyterLab"


class JobScheduler(Scheduler):
    """jupyter-scheduler's own, but for how a job ends that is stopped or deleted while it runs."""

    def create_job(self, model: CreateJob) -> str:
        """Create a job and start its process; until that has begun it isn't said to be stopped, as it would be else."""
        job_id: str = super().create_job(model)
        with self.db_session() as session:
            untouched = Job.job_id == job_id, Job.status == Status.STOPPED, Job.start_time.is_(None)
            session.query(Job).filter(*untouched).update({"status": Status.CREATED})
            session.commit()
        return job_id

    def stop_job(self, job_id: str) -> None:
        """Ask the job's run to end; one that hasn't begun yet is ended with its process."""
        with self.db_session() as session:
            job = DescribeJob.from_orm(session.query(Job).filter(Job.job_id == job_id).one())
            if job.status != Status.IN_PROGRESS or not self._cancelled(job):
                super().stop_job(job_id)
                return
            running = session.query(Job).filter(Job.job_id == job_id, Job.status == Status.IN_PROGRESS)
            running.update({"status": Status.STOPPING})
            session.commit()

    def _cancelled(self, job: DescribeJob) -> bool:
        try:
            ledger = Ledger.of(workspace_of(self.root_dir))
            runs = ledger.runs(Wanted(trigger=trigger_of(job), statuses=("running",), most=1))
            return any(ledger.ask_to_cancel(run.run_id, STOPPER) for run in runs)
        except WorkbenchError:
            return False
