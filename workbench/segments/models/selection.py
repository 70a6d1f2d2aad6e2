"""Which purchase model to believe: the one that foresaw a holdout, then the one that the past speaks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import FitError
from workbench.segments.models.bgnbd import BGNBD
from workbench.segments.models.foresight import Foresight, Holdout, foresee
from workbench.segments.models.likelihood import Fit
from workbench.segments.models.mbgnbd import MBGNBD
from workbench.segments.models.paretonbd import ParetoNBD
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.summaries import Triples
from workbench.wording import number

PURCHASE_MODELS: dict[str, PurchaseModel] = {model.name: model for model in (BGNBD(), MBGNBD(), ParetoNBD())}
TIED_AIC = 2.0
CLEAR_STANDARD_ERRORS = 2.0
# Models that become the same one differ by rounding, of which chance has no part.
NOTABLE_GAP = 1e-3


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Models that competed, and which is believed.

    Attributes:
        table: One row a model: model, log_likelihood, aic, weight (Akaike's), holdout_bias (expected over actual purchases, less
            one), decile_error (share of purchases expected in the wrong decile of customers), holdout_gap (log score that a purchase
            of the holdout lost against the best model, with `holdout_gap_error`), dropout_evidence (twice the log likelihood gained
            over NBD), chosen, reason. NaN where a model could not be fitted or there is no holdout.
        chosen: Name of the model.
        fits: Every fitted model's fit, by name.
    """

    table: pd.DataFrame
    chosen: str
    fits: Mapping[str, Fit]

    @property
    def fit(self) -> Fit:
        return self.fits[self.chosen]

    @property
    def reason(self) -> str:
        return str(self.table.reason[self.table.chosen].iloc[0])


def choose_model(models: Sequence[PurchaseModel], triples: Triples, holdout: Holdout | None = None) -> Choice:
    """Fit every model and choose.

    A model that foresaw the holdout clearly worse than the best is out. Of the others that with the lowest AIC is chosen; a tie goes
    to a model by which customers who bought once can have left.

    Args:
        triples: Histories up to the end of calibration.
        holdout: What these customers bought afterwards.

    Raises:
        FitError: If no model can be fitted.
    """
    fits, failures = _fit_all(models, triples)
    fitted = {model.name: model for model in models if model.name in fits}
    aic = {name: 2 * len(fit.names) - 2 * fit.log_likelihood for name, fit in fits.items()}
    foresight = {} if holdout is None else foresee(fitted, fits, triples, holdout)
    chosen, reasons = _choose(fitted, aic, foresight)
    rows = [
        _row(model, fits.get(model.name), aic, foresight.get(model.name), triples)
        | {"chosen": model.name == chosen, "reason": (reasons | failures)[model.name]}
        for model in models
    ]
    return Choice(table=pd.DataFrame(rows), chosen=chosen, fits=fits)


def _fit_all(models: Sequence[PurchaseModel], triples: Triples) -> tuple[dict[str, Fit], dict[str, str]]:
    fits, failures = {}, {}
    for model in models:
        try:
            fits[model.name] = model.fit(triples)
        except FitError as error:
            failures[model.name] = f"Could not be fitted: {error}."
    if not fits:
        raise FitError(next(iter(failures.values())).removeprefix("Could not be fitted: ").removesuffix("."))
    return fits, failures


def _choose(
    models: Mapping[str, PurchaseModel], aic: Mapping[str, float], foresight: Mapping[str, Foresight]
) -> tuple[str, dict[str, str]]:
    """The name of the chosen model, and why each was or was not."""
    clearly_worse = [name for name, each in foresight.items() if _clear(each)]
    able = {name: aic[name] for name in models if name not in clearly_worse}
    lowest = min(able, key=lambda name: able[name])
    tied = {name: value for name, value in able.items() if value - able[lowest] < TIED_AIC}
    telling = {name: value for name, value in tied.items() if not models[name].one_time_buyers_always_alive()} or tied
    chosen = min(telling, key=lambda name: telling[name])
    reasons = {}
    for name in models:
        if name == chosen:
            reasons[name] = _why_chosen(models, foresight, able, tied)
        elif name in clearly_worse:
            reasons[name] = "Foresaw the holdout clearly worse than the best model."
        elif name in tied:
            reasons[name] = (
                f"Fits as well as {chosen}, and takes all who bought once to be active."
                if name not in telling
                else (f"Fits as well as {chosen}, within chance.")
            )
        else:
            reasons[name] = f"Fits the past worse than {chosen}: AIC is {number(aic[name] - aic[chosen], 1)} higher."
    return chosen, reasons


def _clear(foresight: Foresight) -> bool:
    return foresight.gap > max(CLEAR_STANDARD_ERRORS * foresight.gap_error, NOTABLE_GAP)


def _why_chosen(
    models: Mapping[str, PurchaseModel],
    foresight: Mapping[str, Foresight],
    able: Mapping[str, float],
    tied: Mapping[str, float],
) -> str:
    if len(models) == 1:
        return "The only model that was fitted."
    if len(able) == 1:
        return "Foresaw the holdout clearly better than all others."
    foreseen = "No model foresaw the holdout clearly better" if foresight else "There is no holdout"
    if len(tied) == 1:
        return f"{foreseen}, and it fits the past best: AIC is lowest."
    return f"{foreseen}, and of those that fit the past equally well it is the one preferred: who bought once may have left."


def _row(
    model: PurchaseModel, fit: Fit | None, aic: Mapping[str, float], foresight: Foresight | None, triples: Triples
) -> dict[str, object]:
    lowest = min(aic.values())
    total = sum(np.exp((lowest - each) / 2) for each in aic.values())
    own = aic.get(model.name, np.nan)
    return {
        "model": model.name,
        "log_likelihood": fit.log_likelihood if fit else np.nan,
        "aic": own,
        "weight": np.exp((lowest - own) / 2) / total,
        "holdout_bias": foresight.bias if foresight else np.nan,
        "decile_error": foresight.decile_error if foresight else np.nan,
        "holdout_gap": foresight.gap if foresight else np.nan,
        "holdout_gap_error": foresight.gap_error if foresight else np.nan,
        "dropout_evidence": model.dropout_evidence(fit, triples) if fit else np.nan,
    }
