"""The newest report of each title under a name that stays: `reports/latest/media-mix.pdf`."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from workbench.runs.record import RunRecord

LATEST = "latest"
REPORTS = ("report.pdf", "report.html")


def keep_latest(reports: Path, record: RunRecord) -> None:
    """Copy a finished run's reports to where people look for the newest ones, each as a whole.

    A disk that has room for the run but not for the copies keeps the older copies: the run itself is complete.
    """
    if record.status != "finished" or record.path is None:
        return
    for name in REPORTS:
        target = latest_report(reports, record, Path(name).suffix)
        staged = target.with_name(f".{record.run_id}{target.suffix}")
        with suppress(OSError):
            target.parent.mkdir(exist_ok=True)
            try:
                shutil.copyfile(record.path / name, staged)
                os.replace(staged, target)
            finally:
                staged.unlink(missing_ok=True)


def latest_report(reports: Path, record: RunRecord, suffix: str = ".pdf") -> Path:
    """Where the newest report of this run's title is kept."""
    words = re.findall(r"\w+", (record.summary.title or record.notebook).lower().replace("_", "-"))
    return reports / LATEST / ("-".join(words) + suffix)
