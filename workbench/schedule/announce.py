"""What a scheduler tells people: of times that are over, by their run or by why there is none."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.config import Schedule
from workbench.errors import WorkbenchError
from workbench.runs.ledger import Ledger, Wanted
from workbench.runs.record import RunRecord
from workbench.schedule.fires import Fire
from workbench.schedule.scheduler import Tell
from workbench.telling.news import News, ending_of, news_of_run, news_of_time
from workbench.telling.outbox import Outbox
from workbench.telling.tell import write_down

if TYPE_CHECKING:
    from workbench.workspace import Workspace


def teller_of(workspace: Workspace, ledger: Ledger) -> Tell:
    """Writes what becomes of times into the outbox of a workspace; a ledger that can't be used costs the message, not the schedule."""

    def tell(schedule: Schedule, fire: Fire, record: RunRecord | None = None, further: int = 0) -> None:
        if not workspace.config.notify:
            return
        try:
            news = news_of_fire(schedule, fire, record or _run_of(ledger, fire), further)
            write_down(workspace, Outbox(ledger), news, datetime.now(UTC), named=schedule.notify)
        except WorkbenchError as error:
            print(f"workbench: nobody could be told of {fire.trigger}: {error}", file=sys.stderr)

    return tell


def news_of_fire(schedule: Schedule, fire: Fire, record: RunRecord | None, further: int = 0) -> News:
    """What a time that is over has to tell.

    Args:
        schedule: Its schedule.
        fire: The time, in its last state.
        record: Its last run, None where there was none.
        further: Earlier times that were left out with it.
    """
    when = f"{fire.schedule}, {fire.scheduled_at:%Y-%m-%d %H:%M:%S} UTC"
    if record is not None and record.status == "finished":
        return news_of_run(record, when)
    ended = "was skipped" if fire.state == "skipped" else ending_of(record.status) if record else "failed"
    notebook = schedule.notebook.rsplit("/", 1)[-1].removesuffix(".ipynb")
    return news_of_time(
        notebook,
        when,
        ended=f"{ended} {fire.attempts} times" if fire.attempts > 1 else ended,
        reason=fire.reason,
        run_id=record.run_id if record else "",
        further=further,
    )


def _run_of(ledger: Ledger, fire: Fire) -> RunRecord | None:
    return next(iter(ledger.runs(Wanted(begins=fire.run_id, most=1))), None) if fire.run_id else None
