"""Fetching the files of a job: to the folder that JupyterLab shows, from wherever it was started."""

from __future__ import annotations

import asyncio

from jupyter_scheduler.job_files_manager import Downloader, JobFilesManager


class JobFiles(JobFilesManager):
    """jupyter-scheduler's own writes below the server's working folder, and then looks for the files below the one that it shows."""

    async def copy_from_staging(self, job_id: str, redownload: bool | None = False) -> None:
        """Copy a job's files from where its run left them."""
        job = self.scheduler.get_job(job_id, False)
        fetched = Downloader(
            output_formats=job.output_formats,
            output_filenames=self.scheduler.get_job_filenames(job),
            staging_paths=self.scheduler.get_staging_paths(job),
            output_dir=self.scheduler.get_local_output_path(job),
            redownload=bool(redownload),
            include_staging_files=bool(job.package_input_folder),
        )
        await asyncio.to_thread(fetched.download)
