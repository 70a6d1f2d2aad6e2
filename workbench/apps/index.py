"""The first page: what was found and published, whether it is fresh and sound, and where to look further."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.apps.index_entries import (
    ANALYSES,
    UPDATE,
    Entry,
    Missing,
    age_in_days,
    entries,
    is_fresh,
    missing,
    publications,
    titled,
)
from workbench.apps.page import Section, html, page, section
from workbench.apps.published import Publication
from workbench.runs.store import readable_runs
from workbench.wording import count
from workbench.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    import ipywidgets as widgets

NOTHING = Publication(published_at=datetime.min.replace(tzinfo=UTC))
APP_NAMES = {
    "scenario_planner": "Scenario planner",
    "media_mix": "Media mix",
    "segments": "Segments",
    "experiments": "Experiments",
}
KINDS = {"pdf": "PDF", "html": "Web page"}


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the first page tells.

    Attributes:
        workspace: Whose.
        publication: What is published; None where nothing is, or where no server serves it.
        history: What was published before, the newest first.
        entries: The published runs.
        missing: What isn't published.
        gone: What is published and can't be read.
        now: When the page was made.
    """

    workspace: Workspace
    publication: Publication | None
    history: tuple[Publication, ...] = ()
    entries: list[Entry] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    now: datetime

    @property
    def fresh_days(self) -> int:
        """Data whose last day lies further back are old."""
        return self.workspace.config.publish.fresh_days

    def fresh(self, entry: Entry) -> bool | None:
        """Whether a run's data are recent enough; None where age doesn't matter or isn't known."""
        return is_fresh(entry, self.now, self.fresh_days)


def load_site(workspace: str | Path = "", *, now: datetime | None = None) -> Site:
    """Read what is published; of unpublished runs only that they are there."""
    opened = open_workspace(workspace)
    record = publications(opened)
    publication = record.current if record else None
    finished, _ = readable_runs(opened.reports)
    found, gone = entries(publication or NOTHING, opened)
    return Site(
        workspace=opened,
        publication=publication,
        history=record.history if record else (),
        entries=found,
        missing=missing(publication or NOTHING, finished, opened),
        gone=gone,
        now=now or datetime.now(UTC),
    )


def index(site: Site) -> widgets.VBox:
    """The page."""
    parts: list[Section | widgets.Widget] = [html(standing(site) + pack_links(site))]
    if site.entries:
        told = "".join(entry_card(entry, site) for entry in site.entries)
        parts.append(section("What was found", html(f'<div class="wb-pair">{told}</div>')))
    if site.missing:
        parts.append(section("Not published yet", html(missing_list(site))))
    if site.publication is not None:
        parts.append(html(refreshing(site) + history_list(site)))
    return page(None, *parts)


def standing(site: Site) -> str:
    """Whose results, published when, and how they stand as a whole."""
    name = escape(site.workspace.config.workspace.name)
    if site.publication is None:
        text = "Nothing is published yet: once an analysis has run, <code>workbench publish</code> shows it here."
        return f'<p class="wb-stamp"><strong>{name}</strong></p><p>{text}</p>'
    said = f"published {site.publication.published_at:%-d %B %Y, %H:%M} UTC"
    gone = "".join(f'<p class="wb-refused">{escape(text)}</p>' for text in site.gone)
    return f'<p class="wb-stamp"><strong>{name}</strong> · {said}</p><p>{escape(summary(site))}</p>{gone}'


def pack_links(site: Site) -> str:
    """To the board pack, where one is published."""
    pack = site.publication.pack if site.publication else None
    if pack is None:
        return ""
    found = " · ".join(
        f'<a href="pack/{escape(pack.pack_id)}.{kind}" aria-label="{name}: {pack.title}">{name}</a>'
        for kind, name in KINDS.items()
    )
    return f"<p><strong>{pack.title}</strong>: {found}</p>"


def summary(site: Site) -> str:
    """How many analyses stand, how many are old, and how many have failed checks."""
    total = len(site.entries)
    old = sum(site.fresh(entry) is False for entry in site.entries)
    failed = sum(bool(entry.failed) for entry in site.entries)
    parts = [
        f"{count(old)} {'rests' if old == 1 else 'rest'} on data older than {_days(site.fresh_days)}"
        if old
        else "all data are fresh",
        f"{count(failed)} {'has' if failed == 1 else 'have'} checks that failed" if failed else "no check failed",
    ]
    return f"{count(total)} {'result' if total == 1 else 'results'}: {' and '.join(parts)}."


def entry_card(entry: Entry, site: Site) -> str:
    """A result: what it found, where it comes from, how sound it is, and where to look further."""
    analysis = entry.analysis
    return (
        f'<article class="wb-card"><div class="wb-card-name">{escape(analysis.answers)}</div>'
        f"<h3>{escape(entry.title)}</h3><p>{escape(entry.headline)}</p>"
        f"{freshness(entry, site)}{soundness(entry)}{links(entry)}</article>"
    )


def freshness(entry: Entry, site: Site) -> str:
    """The last day of the data, how old they were at publication, and whether that is fresh today."""
    run = f"Run {escape(entry.run_id)}, {entry.finished:%-d %B %Y}" + (
        f", with {count(entry.earlier)} earlier" if entry.earlier else ""
    )
    if entry.window is None or site.publication is None:
        return f'<p class="wb-card-detail">{run}</p>'
    age = age_in_days(entry, site.publication.published_at)
    told = f"Data to {entry.window[1]:%-d %B %Y}, {_days(age or 0)} old at publication"
    fresh = site.fresh(entry)
    if fresh is not None:
        told = f"<strong>{'✓ Fresh' if fresh else '⚠ Old'}</strong>: {told}"
    return f'<p class="wb-card-detail">{told}. {run}.</p>'


def soundness(entry: Entry) -> str:
    """Failed checks by name, with what each says folded below."""
    if not entry.checks:
        return '<p class="wb-card-detail">This report has no checks.</p>'
    if not entry.failed:
        text = "✓ Its check passed" if entry.checks == 1 else f"✓ All {count(entry.checks)} checks passed"
        return f'<p class="wb-card-detail">{text}.</p>'
    names = ", ".join(f"“{escape(titled(check, entry.analysis))}”" for check in entry.failed)
    details = "".join(
        f"<li><strong>{escape(titled(check, entry.analysis))}</strong>: {escape(check.detail)}</li>"
        for check in entry.failed
    )
    head = f"⚠ {count(len(entry.failed))} of {count(entry.checks)} checks failed"
    return f'<details class="wb-card-detail"><summary>{head}: {names}</summary><ul>{details}</ul></details>'


def links(entry: Entry) -> str:
    """To the live app and the reports."""
    title, app = escape(entry.title), entry.analysis.app
    found = [f'<a href="app/{app}"><strong>Open {APP_NAMES[app]}</strong></a>'] if app else []
    found += [
        f'<a href="report/{escape(entry.run_id)}.{kind}" aria-label="{KINDS[kind]}: {title}">{KINDS[kind]}</a>'
        for kind in entry.reports
    ]
    return f"<p>{' · '.join(found)}</p>" if found else ""


def missing_list(site: Site) -> str:
    """What isn't published, and the commands that do it."""
    return _list(f"{escape(each.analysis.answers)}: {_commands(*each.commands)}" for each in site.missing)


def refreshing(site: Site) -> str:
    """How old results are made anew, folded away: for whoever runs the workbench."""
    old = dict.fromkeys(entry.command for entry in site.entries if site.fresh(entry) is False)
    if not old:
        return ""
    return (
        f"<details><summary>How to bring old results up to date</summary>{_list([_commands(*old, UPDATE)])}</details>"
    )


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{count(days)} days"


def _commands(*commands: str) -> str:
    return ", then ".join(f'<code style="white-space:nowrap">{escape(command)}</code>' for command in commands)


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def history_list(site: Site) -> str:
    """What was published when, folded away: each time the runs that were new."""
    acts = [each for each in (site.publication, *site.history) if each is not None]
    items = "".join(
        f"<li>{act.published_at:%-d %B %Y, %H:%M} UTC: {escape(news(act, before))}</li>"
        for act, before in pairwise([*acts, NOTHING])
    )
    return f"<details><summary>What was published when</summary><ul>{items}</ul></details>"


def news(act: Publication, before: Publication) -> str:
    """Which runs an act of publishing brought, by the question that they answer, and which board pack."""
    answers = {analysis.name: analysis.answers for analysis in ANALYSES}
    came = {name: [run_id for run_id in ids if run_id not in before.run_ids] for name, ids in act.runs.items()}
    told = [f"{answers.get(name, name)} ({', '.join(ids)})" for name, ids in came.items() if ids]
    if act.pack and act.pack != before.pack:
        told.append(f"{act.pack.title} ({act.pack.pack_id})")
    return "; ".join(told) or "runs or the board pack were withdrawn"
