"""Charts of what speaks for a media mix beyond the weeks that it was fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from workbench.mmm.family.summary import roas_by_form
from workbench.present.figures.media_mix_family import held_out_weeks, returns_by_form

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from workbench.mmm.evidence import Evidence


def evidence_figures(evidence: Evidence, labels: Mapping[str, str]) -> Iterator[Figure]:
    """Forecasts of held-out weeks, and returns by form of the model, where there are any; `labels` by channel."""
    holdout = evidence.holdout
    if holdout and holdout.origins:
        yield held_out_weeks(holdout.weeks, holdout.currency)
    if holdout and evidence.family:
        table = roas_by_form(evidence.family)
        named = table.assign(channel=table["channel"].replace(dict(labels)))
        yield returns_by_form(named, holdout.currency)
