"""Which purchase model is believed, and how well it foresaw the holdout."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

import ibis

from workbench.config.customers import Segmentation
from workbench.customers.orders import Population
from workbench.errors import FitError
from workbench.segments.calibration import Calibration, calibrate
from workbench.segments.models import PURCHASE_MODELS, Choice, choose_model
from workbench.segments.models.foresight import Holdout
from workbench.segments.models.likelihood import Fit
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.periods import Periods
from workbench.segments.summaries import DAYS, Triples, as_triples, before_holdout, unique_histories
from workbench.segments.uncertainty import LEVEL

COMPETED_ON = 100_000


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What the holdout said.

    Attributes:
        choice: The models up to the end of calibration; None where no holdout fits into the orders.
        calibration: How the chosen model did, or the sentence that says why none was tested.
    """

    choice: Choice | None
    calibration: Calibration | str


def choose_and_fit(config: Segmentation, triples: Triples, holdout: Holdout | None = None) -> tuple[Choice, Fit]:
    """The configured models' choice, and the chosen one's fit to all histories.

    More histories than `COMPETED_ON` wouldn't change the choice: models compete on every so-many-th of them, a lone one on all.

    Raises:
        FitError: If no model can be fitted.
    """
    models: list[PurchaseModel] = [PURCHASE_MODELS[name] for name in config.models]
    part = slice(None, None, -(-len(triples) // COMPETED_ON))
    if part.step == 1 or len(models) == 1:
        choice = choose_model(models, triples, holdout)
        return choice, choice.fit
    seen = holdout and replace(holdout, purchases=holdout.purchases[part], squares=holdout.squares[part])
    choice = choose_model(models, triples.take(part), seen)
    return choice, PURCHASE_MODELS[choice.chosen].fit(triples)


def fit_the_others(config: Segmentation, chosen: str, triples: Triples) -> dict[str, Fit]:
    """What the models that weren't chosen make of the same histories, to be read beside the chosen one's parameters.

    None of them where histories are more than `COMPETED_ON`; a model that can't be fitted is left out.
    """
    fits: dict[str, Fit] = {}
    for name in config.models if len(triples) <= COMPETED_ON else ():
        if name != chosen:
            with suppress(FitError):
                fits[name] = PURCHASE_MODELS[name].fit(triples)
    return fits


def judge_models(
    population: Population, summaries: ibis.Table, periods: Periods, config: Segmentation, *, seed: int
) -> Judged:
    """Fit all models to what came before the holdout, choose one, and compare its forecast with what came."""
    end, until = periods.calibration_end, periods.holdout_until
    if end is None:
        untested = (
            f"The forecast was not tested: no holdout of {config.holdout} {config.time_unit}s fits into the orders from "
            f"{periods.first_day} to {until} and leaves as much to learn from."
        )
        return Judged(choice=None, calibration=untested)
    known = before_holdout(summaries, end)
    histories = unique_histories(known)
    holdout = Holdout(
        purchases=histories.holdout_purchases.to_numpy(dtype=float),
        squares=histories.holdout_squares.to_numpy(dtype=float),
        length=(until - end).days / DAYS[config.time_unit],
    )
    try:
        choice, fit = choose_and_fit(config, as_triples(histories, config.time_unit), holdout)
    except FitError as error:
        return Judged(choice=None, calibration=f"The forecast was not tested: up to {end}, {error}.")
    calibration = calibrate(
        PURCHASE_MODELS[choice.chosen],
        fit,
        histories,
        known,
        population.purchases,
        calibration_end=end,
        holdout_until=until,
        time_unit=config.time_unit,
        level=LEVEL,
        seed=seed,
    )
    return Judged(choice=choice, calibration=calibration)
