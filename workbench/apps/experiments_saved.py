"""What the experiments app reads: saved readouts, and what the registry remembers of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal

import pandas as pd

from workbench.apps.published import Published
from workbench.result import LATER, Result
from workbench.runs.learnings import learnings, newest_versions

type State = Literal["running", "awaits its readout", "finished"]


@dataclass(frozen=True, kw_only=True)
class SavedReadout(Result):
    """A readout as far as the app shows it; the fields are those of `experiments.ExperimentResult`.

    What makes a readout takes seconds to import, and every visitor has a process: the app does without it.
    """

    analysis: ClassVar[str] = "experiment_readout"

    experiment_id: str
    kind: str
    currency: str
    verdict: str
    decided_by: str
    would_change: str
    decisions: pd.DataFrame
    effects: pd.DataFrame
    arms: pd.DataFrame
    series: pd.DataFrame
    cells: pd.DataFrame
    parts: pd.DataFrame
    course: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=LATER)


@dataclass(frozen=True, eq=False)
class ReadTest:
    """One test by its newest readout.

    Attributes:
        readout: What it found.
        record: What the registry keeps of it; empty where it was never kept.
        today: The day on which it is shown.
    """

    readout: SavedReadout
    record: dict[str, Any]
    today: date

    @property
    def name(self) -> str:
        return self.readout.experiment_id.replace("_", " ")

    @property
    def end(self) -> date | None:
        told = self.record.get("end")
        return date.fromisoformat(told) if told else None

    @property
    def state(self) -> State:
        """A test that was running when it was last read and whose planned end has come waits for its readout."""
        if self.readout.verdict != "keep running":
            return "finished"
        # A test of creatives has no planned end: its record holds the last day of its data.
        planned = None if self.readout.kind == "creative" else self.end
        return "awaits its readout" if planned is not None and planned < self.today else "running"


def read_tests(published: Sequence[Published[SavedReadout]], today: date) -> tuple[ReadTest, ...]:
    """The newest readout of each test, running ones first, then the latest readout first."""
    known = {record["run_id"]: record for record in learnings(published[0].workspace.reports)} if published else {}
    newest: dict[str, ReadTest] = {}
    for one in published:
        record = known.get(one.record.run_id, {})
        newest.setdefault(one.result.experiment_id, ReadTest(one.result, record, today))
    return tuple(sorted(newest.values(), key=lambda test: test.state == "finished"))


def known_learnings(published: Sequence[Published[SavedReadout]]) -> list[dict[str, Any]]:
    """The newest record of each test, the latest first: what was recorded after publishing isn't seen."""
    first = published[0]
    records = learnings(first.workspace.reports)
    if first.published_at is not None:
        until = first.published_at.isoformat()
        records = [record for record in records if record["recorded_at"] <= until]
    labels = first.workspace.config
    channels = {name: channel.label for name, channel in labels.channels.items() if channel.label}
    markets = {name: market.label for name, market in labels.markets.items() if market.label}
    return [_labelled(record, channels, markets) for record in newest_versions(records)[::-1]]


def _labelled(record: dict[str, Any], channels: Mapping[str, str], markets: Mapping[str, str]) -> dict[str, Any]:
    """The record with channel and markets as reports call them."""
    named = str(record.get("markets") or "").split(";")
    channel = str(record.get("channel") or "")
    called = ";".join(markets.get(name.strip(), name.strip()) for name in named)
    return {**record, "channel": channels.get(channel, channel), "markets": called}


def unread(published: Sequence[Published[SavedReadout]], tests: Sequence[ReadTest]) -> list[str]:
    """Declared tests that nobody has read out yet."""
    read = {test.readout.experiment_id for test in tests}
    return [name for name in published[0].workspace.config.experiments if name not in read]
