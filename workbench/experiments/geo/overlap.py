"""Other geo tests that changed the same markets while this one looked at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from workbench.config import GeoExperiment
from workbench.experiments.geo.cells import treated_markets


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Another test whose time meets the time that this test's readout looks at.

    Attributes:
        other: The other test's name.
        during: Whether it ran while this test ran, not only in the time before.
        treated: Markets that both treat.
        donors: Markets that the other treats and this one doesn't: no comparison can rest on them.
    """

    other: str
    during: bool
    treated: tuple[str, ...]
    donors: tuple[str, ...]


def find_overlaps(
    experiment_id: str, spec: GeoExperiment, others: Mapping[str, GeoExperiment], first: date
) -> tuple[Overlap, ...]:
    """Overlaps with all other tests, from the first day of the data to the test's end."""
    own = treated_markets(spec)
    return tuple(
        Overlap(
            other=name,
            during=other.end >= spec.start,
            treated=tuple(market for market in treated_markets(other) if market in own),
            donors=tuple(market for market in treated_markets(other) if market not in own),
        )
        for name, other in others.items()
        if name != experiment_id and other.start <= spec.end and other.end >= first
    )
