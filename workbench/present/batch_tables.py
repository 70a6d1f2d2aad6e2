"""Tables of a batch: its runs, and the checks that failed in them."""

from __future__ import annotations

from workbench.batches import BatchSummary
from workbench.present.check_titles import check_title
from workbench.present.display import Display, prose, table
from workbench.wording import named


def runs_table(result: BatchSummary) -> Display:
    """Every run of the batch, and what it found or why it ended."""
    columns = ["name", "status", "checks_passed", "checks_failed", "headline", "run_id"]
    # A run that failed is not a check that failed.
    rows = result.members[columns].replace({"status": {"failed": "run failed"}})
    return table(
        rows.rename(columns={"name": result.by, "run_id": "run"}),
        caption="Every run, and what it found first or why it ended; each has a report of its own.",
    )


def failed_checks_table(result: BatchSummary) -> Display:
    """Failed checks by run, or the sentence that there are none."""
    if result.failed.empty:
        return prose("No check failed in any run.")
    titles = [check_title(name, result.compares) or named(name) for name in result.failed["check"]]
    rows = result.failed.assign(check=titles).rename(columns={"name": result.by})
    return table(rows, caption="Checks that failed, as the runs' own reports tell them.")
