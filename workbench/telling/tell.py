"""Who is told of what happened, and the sending of all that waits in the outbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from workbench.config import Notify
from workbench.errors import WorkbenchError
from workbench.runs.ledger import Ledger, Wanted
from workbench.runs.record import RunRecord
from workbench.telling.message import Message, message_for
from workbench.telling.news import News, news_of_run
from workbench.telling.outbox import Letter, Outbox
from workbench.telling.sending import SECONDS, Post

if TYPE_CHECKING:
    from workbench.workspace import Workspace

# A run whose messages don't get away ends no later than this; the outbox keeps them.
PATIENCE = 30.0
LOST_WITHIN = timedelta(days=1)
# So often the report goes along; a channel that doesn't take it may still take the text.
WITH_REPORT = 3
OF_A_SCHEDULE = "schedule "


def tell_of_runs(workspace: Workspace, records: Sequence[RunRecord]) -> str:
    """Tell of runs that a person or another program started, of all together within `PATIENCE` seconds.

    Returns:
        What couldn't be told yet, as one sentence, empty if there is nothing to say; never raises for a channel or the ledger.
    """
    if not workspace.config.notify:
        return ""
    try:
        outbox = Outbox(Ledger.of(workspace))
        for record in records:
            write_down(workspace, outbox, news_of_run(record), datetime.now(UTC))
        failed = {letter.channel: why for letter, why in deliver(workspace, outbox, seconds=PATIENCE)}
    except WorkbenchError as error:
        return f"nobody could be told of what ran: {error}"
    told = ", ".join(f"{channel} ({why})" for channel, why in failed.items())
    return (
        f"not everybody could be told yet: {told}; `workbench notify send` or a scheduler tries again" if told else ""
    )


def write_down(
    workspace: Workspace, outbox: Outbox, news: News, now: datetime, *, named: Collection[str] | None = None
) -> None:
    """Put news into the outbox for each channel that wants it.

    Args:
        workspace: Whose channels.
        outbox: Of its ledger.
        news: What happened.
        now: UTC.
        named: Names of the channels to tell, whatever notebooks they are for; None for those for the notebook.

    Raises:
        RunError: If the ledger can't be used.
    """
    for channel in workspace.config.notify:
        concerned = not channel.notebooks or news.notebook in channel.notebooks
        if concerned if named is None else channel.name in named:
            message = message_for(channel, news, workspace.config.workspace.name)
            if message:
                outbox.add(channel, message, now)


def write_down_lost(workspace: Workspace, ledger: Ledger, outbox: Outbox, now: datetime) -> None:
    """Put runs into the outbox whose supervisor died and couldn't tell; those of schedules are run again, and told by their scheduler.

    Raises:
        RunError: If the ledger can't be used.
    """
    for record in ledger.runs(Wanted(statuses=("lost",), since=now - 7 * LOST_WITHIN)):
        ended = record.finished_at or record.started_at
        if now - ended < LOST_WITHIN and not record.trigger.startswith(OF_A_SCHEDULE):
            write_down(workspace, outbox, news_of_run(record), now)


def deliver(
    workspace: Workspace,
    outbox: Outbox,
    *,
    seconds: float,
    now: datetime | None = None,
    patience: float = SECONDS,
    stopped: Callable[[], bool] = lambda: False,
) -> list[tuple[Letter, str]]:
    """Send what waits in the outbox, for a bounded time; what that leaves waits for the next.

    Args:
        workspace: Relative to whose folder references to files are.
        outbox: Of its ledger.
        seconds: In all.
        now: UTC.
        patience: Seconds for a single message.
        stopped: Whether to leave the rest to others.

    Returns:
        Those that didn't arrive, and why.

    Raises:
        RunError: If the ledger can't be used.
    """
    deadline, moment = time.monotonic() + seconds, now or datetime.now(UTC)
    outbox.tidy(moment)
    for channel in workspace.config.notify:
        _tell_of_held_back(workspace, outbox, channel, moment)
    failed: dict[str, tuple[Letter, str]] = {}
    with Post(workspace.root) as post:
        for letter in outbox.due(moment):
            left = deadline - time.monotonic()
            # An address that doesn't answer isn't asked again before the next round, or nobody else's turn would come.
            if left > 0 and not stopped() and letter.reference not in failed and outbox.claim(letter, moment):
                why = _send(post, letter, min(left, patience))
                if why:
                    outbox.not_sent(letter, why, moment)
                    failed[letter.reference] = letter, why
                else:
                    outbox.sent(letter)
    return list(failed.values())


def try_out(channel: Notify, workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Send a message to each address of a channel at once; its reference, and why it didn't arrive, empty if it did."""
    name = workspace.config.workspace.name
    body = f"This is what messages of the channel {channel.name} look like.\n\nWorkspace: {name}"
    with Post(workspace.root) as post:
        for reference in channel.to:
            yield reference, post.why_not_sent(reference, title=f"[{name}] A test", body=body)


def _send(post: Post, letter: Letter, seconds: float) -> str:
    attachment = letter.attachment if letter.attempts < WITH_REPORT else ""
    return post.why_not_sent(
        letter.reference, title=letter.title, body=letter.body, attachment=attachment, seconds=seconds
    )


def _tell_of_held_back(workspace: Workspace, outbox: Outbox, channel: Notify, now: datetime) -> None:
    """When there is room again, a message says how many were held back, if no other has."""
    since = outbox.held_since(channel, now)
    if since:
        name = workspace.config.workspace.name
        body = f"Since {since[:16].replace('T', ' ')} UTC more happened than this channel is told of: `workbench runs` lists it."
        outbox.add(channel, Message(subject=f"held back {since}", title=f"[{name}] Messages held back", body=body), now)
