"""The verdict on one treatment, whatever kind of test it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.experiments.result import Verdict


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The verdict on one treatment.

    Attributes:
        decided_by: The gate that settled it.
        reason: Why, without the final stop.
        would_change: One sentence: what would change it.
    """

    variant: str
    verdict: Verdict
    decided_by: str
    reason: str
    would_change: str
