"""What a pack is made from: the newest run of each analysis, and what the registry of tests knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from workbench.present.pack.saved import (
    SavedContacts,
    SavedCustomers,
    SavedDesign,
    SavedMediaMix,
    SavedPlan,
    SavedReadout,
    SavedReview,
    SavedScore,
)
from workbench.result import Result
from workbench.scenarios.pacing.result import PerformanceResult

# In the order in which readers meet them.
CALLED = {
    "segmentation": "Customer value",
    "media_mix": "Media mix",
    "scenario_planning": "Plan",
    "performance_review": "Review of the plan",
    "next_best_action": "Contacts",
    "propensity": "Scores",
    "experiment_readout": "Tests",
    "experiment_design": "Planned tests",
    "learning_review": "Learning review",
}
# Without these a section of the pack stays empty.
NEEDED = (
    "segmentation",
    "media_mix",
    "scenario_planning",
    "performance_review",
    "next_best_action",
    "experiment_readout",
)
# What they read begins and ends with the company's data; a test's days are its own.
OF_ALL_DATA = (
    "segmentation",
    "media_mix",
    "scenario_planning",
    "performance_review",
    "next_best_action",
    "propensity",
)


@dataclass(frozen=True)
class Used[R: Result]:
    """A run that the pack rests on.

    Attributes:
        run_id: Its id.
        result: What it saved.
        digest: Hash over the files of its result.
    """

    run_id: str
    result: R
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything that a pack is made from; nothing of it is computed anew.

    Attributes:
        company: The workspace's name.
        currency: ISO 4217 code.
        customers: The newest of its analysis, as the next ones; None where there is none.
        scores: Of each score the newest.
        readouts: Of each test the newest.
        designs: Of each planned test the newest.
        learnings: Of each test the newest record in the registry, oldest first.
        unreadable: Why runs that there are can't be used, by analysis.
    """

    company: str
    currency: str
    customers: Used[SavedCustomers] | None = None
    media_mix: Used[SavedMediaMix] | None = None
    plan: Used[SavedPlan] | None = None
    review: Used[PerformanceResult] | None = None
    contacts: Used[SavedContacts] | None = None
    scores: tuple[Used[SavedScore], ...] = ()
    readouts: tuple[Used[SavedReadout], ...] = ()
    designs: tuple[Used[SavedDesign], ...] = ()
    learning_review: Used[SavedReview] | None = None
    learnings: tuple[Mapping[str, Any], ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def runs(self) -> Iterator[Used[Any]]:
        """All runs, in the order of `CALLED`."""
        single = (self.customers, self.media_mix, self.plan, self.review, self.contacts)
        yield from (used for used in single if used)
        yield from (*self.scores, *self.readouts, *self.designs)
        if self.learning_review:
            yield self.learning_review

    @property
    def missing(self) -> tuple[str, ...]:
        """Analyses of which nothing can be told, though a section is about them."""
        there = {used.result.analysis for used in self.runs()}
        if self.learnings:
            there.add("experiment_readout")
        return tuple(analysis for analysis in NEEDED if analysis not in there)

    @property
    def made_at(self) -> datetime | None:
        """When the newest of the results was made: a pack of the same runs is of the same moment."""
        return max((made for used in self.runs() if (made := used.result.provenance.created_at)), default=None)

    @property
    def data_until(self) -> date | None:
        """Last day of any data of the company."""
        return max(self.windows_end.values(), default=None)

    @property
    def windows_end(self) -> dict[str, date]:
        """By analysis the last day of its data."""
        ends = {
            used.result.analysis: used.result.provenance.window[1]
            for used in self.runs()
            if used.result.provenance.window
        }
        return {analysis: ends[analysis] for analysis in OF_ALL_DATA if analysis in ends}

    @property
    def window(self) -> tuple[date, date] | None:
        """From the first to the last day of any data of the company."""
        windows = [
            used.result.provenance.window
            for used in self.runs()
            if used.result.analysis in OF_ALL_DATA and used.result.provenance.window
        ]
        return (min(first for first, _ in windows), max(last for _, last in windows)) if windows else None

    @property
    def under_way(self) -> bool:
        """Whether weeks of the plan are over, as the review of this very plan saw."""
        return bool(
            self.plan
            and self.review
            and self.review.result.plan_run == self.plan.run_id
            and self.review.result.weeks_seen
        )


def how_to_get(material: Material, analysis: str) -> str:
    """Why there is nothing of an analysis, and what mends that."""
    why = material.unreadable.get(analysis, "there is no finished run")
    return f"{CALLED[analysis]}: {why}; `workbench run {analysis}` makes it."
