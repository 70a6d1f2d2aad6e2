"""The message to one channel: a subject, a text, and the report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbench.config import Notify
from workbench.telling.news import Item, News

_MOST_ITEMS = 20


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is sent.

    Attributes:
        subject: What it is about; a channel is told once of each.
        title: One line.
        body: Plain text.
        attachment: A file, None for none.
    """

    subject: str
    title: str
    body: str
    attachment: Path | None = None


def message_for(channel: Notify, news: News, workspace: str) -> Message | None:
    """What a channel is told, None where it doesn't want to know.

    Args:
        channel: Its `on` chooses.
        news: What happened.
        workspace: The workspace's name.
    """
    wanted = [item for item in news.items if item.happening in channel.on]
    if not wanted:
        return None
    return Message(
        subject=news.subject,
        title=f"[{workspace}] {news.notebook}: {', '.join(_briefs(wanted))}",
        body="\n".join((*_told(wanted), *_found(news), "", *_about(news, workspace))),
        attachment=news.report if channel.attach == "pdf" else None,
    )


def _briefs(items: Iterable[Item]) -> list[str]:
    """Each once; a run that finished is only told so where there is nothing else to say."""
    briefs = list(dict.fromkeys(item.brief for item in items))
    return [brief for brief in briefs if brief != "finished"] or briefs


def _told(items: list[Item]) -> list[str]:
    told = [item for item in items if item.happening != "success"] or items
    shown = [item.sentence for item in told[:_MOST_ITEMS]]
    more = len(told) - len(shown)
    lines = shown if len(told) == 1 else [f"- {sentence}" for sentence in shown]
    return [*lines, f"- and {more} more"] if more else lines


def _found(news: News) -> list[str]:
    return ["", f"Found: {news.finding}"] if news.finding else []


def _about(news: News, workspace: str) -> list[str]:
    facts = {"Workspace": workspace, "Notebook": news.notebook, "Schedule": news.occasion, "Run": news.run_id}
    lines = [f"{name}: {fact}" for name, fact in facts.items() if fact]
    return [*lines, f"More: workbench show {news.run_id}"] if news.run_id else lines
