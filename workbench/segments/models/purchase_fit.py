"""The way every purchase model is fitted: over unique histories, from several starts that compete on a part of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.ahead import map_ahead
from workbench.errors import FitError
from workbench.segments.models.likelihood import Fit, Likelihood, maximise
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.summaries import Triples

MINIMUM_REPEAT_CUSTOMERS = 10
# Histories whose arrays stay in a processor's cache, and are many enough for a thread of their own.
AT_ONCE = 131_072


def fit_purchases(model: PurchaseModel, triples: Triples, starts: Sequence[Sequence[float]]) -> Fit:
    """Maximise the model's likelihood.

    Args:
        starts: Positive values of the model's parameters.

    Raises:
        FitError: If too few customers bought again to tell of a rate, or the likelihood has no maximum.
    """
    repeating = int(triples.customers[triples.frequency > 0].sum())
    if repeating < MINIMUM_REPEAT_CUSTOMERS:
        raise FitError(
            f"{repeating} of {int(triples.customers.sum()):,} customers bought on more than one day, and {model.name} needs at least "
            f"{MINIMUM_REPEAT_CUSTOMERS}; give it a longer window of orders"
        )
    return maximise(likelihood_of(model, triples), starts, model.parameters)


def likelihood_of(model: PurchaseModel, triples: Triples) -> Likelihood:
    """The likelihood of these histories, and of parts of them: every so-many-th in the order of the histories."""

    def part(histories: int) -> Likelihood:
        return likelihood_of(model, triples.take(slice(None, None, -(-len(triples) // histories))))

    blocks = [triples.take(slice(at, at + AT_ONCE)) for at in range(0, len(triples), AT_ONCE)]
    each = map if len(blocks) == 1 else map_ahead

    def evaluate(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        found = list(each(lambda block: model.log_likelihood(parameters, block), blocks))
        return float(sum(value for value, _ in found)), np.sum([gradient for _, gradient in found], axis=0)

    return Likelihood(
        evaluate,
        observations=float(triples.customers.sum()),
        size=len(triples),
        part=part,
    )
