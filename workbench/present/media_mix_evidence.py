"""What speaks for a media mix beyond the weeks that it was fitted to, as charts with a key to their words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.mmm.family.summary import form_words, roas_by_form
from workbench.present.display import Display, figure, table
from workbench.present.figures.media_mix_family import every_return_by_form, held_out_weeks
from workbench.wording import one

if TYPE_CHECKING:
    from workbench.mmm.evidence import Evidence

BY_FORM = (
    "Return per {} spent under other forms of the model; blue and in figures: 90% interval of all forms together. "
    "Percentages: how far each form is believed, by how well it foresaw weeks that it had not seen."
)


def evidence_displays(evidence: Evidence) -> Iterator[Display]:
    """Forecasts of held-out weeks, and returns by form of the model, where there are any."""
    holdout, family = evidence.holdout, evidence.family
    if holdout and holdout.origins:
        yield figure(held_out_weeks(holdout.weeks, holdout.currency))
    if holdout and family:
        *others, last = every_return_by_form(roas_by_form(family), holdout.currency)
        yield from (figure(chart) for chart in others)
        yield figure(last, caption=BY_FORM.format(one(holdout.currency)))
        yield table(form_words(family), caption="What the words for the forms mean.")
