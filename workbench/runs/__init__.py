"""Running notebooks, and finding what they found."""

from workbench.runs.record import RunRecord
from workbench.runs.save import save_run
from workbench.runs.store import collect_handoff, finished_runs, latest_result, latest_run

__all__ = ["RunRecord", "collect_handoff", "finished_runs", "latest_result", "latest_run", "save_run"]
