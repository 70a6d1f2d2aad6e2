"""Running notebooks, and finding what they found."""

from workbench.runs.last_fit import LastFit, last_fit
from workbench.runs.learnings import past_records
from workbench.runs.loop import LIFT_FILE, lift_records
from workbench.runs.record import RunRecord
from workbench.runs.save import save_run
from workbench.runs.store import collect_handoff, finished_runs, latest_result, latest_run

__all__ = [
    "LIFT_FILE",
    "LastFit",
    "RunRecord",
    "collect_handoff",
    "finished_runs",
    "last_fit",
    "latest_result",
    "latest_run",
    "lift_records",
    "past_records",
    "save_run",
]
