"""Which purchase model is believed, and how well it foresaw the holdout."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.config.customers import Segmentation
from workbench.customers.orders import Population
from workbench.errors import FitError
from workbench.segments.calibration import Calibration, calibrate
from workbench.segments.models import PURCHASE_MODELS, Choice, choose_model
from workbench.segments.models.foresight import Holdout
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.periods import Periods
from workbench.segments.summaries import DAYS, as_triples, customer_summaries, unique_histories
from workbench.segments.uncertainty import LEVEL


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What the holdout said.

    Attributes:
        choice: The models up to the end of calibration; None where no holdout fits into the orders.
        calibration: How the chosen model did, or the sentence that says why none was tested.
    """

    choice: Choice | None
    calibration: Calibration | str


def competing_models(config: Segmentation) -> list[PurchaseModel]:
    return [PURCHASE_MODELS[name] for name in config.models]


def judge_models(population: Population, periods: Periods, config: Segmentation, *, seed: int) -> Judged:
    """Fit all models to what came before the holdout, choose one, and compare its forecast with what came."""
    end, until = periods.calibration_end, periods.holdout_until
    if end is None:
        untested = (
            f"The forecast was not tested: no holdout of {config.holdout} {config.time_unit}s fits into the orders from "
            f"{periods.first_day} to {until} and leaves as much to learn from."
        )
        return Judged(choice=None, calibration=untested)
    histories = unique_histories(customer_summaries(population.purchases, until=end, holdout_until=until))
    holdout = Holdout(
        purchases=histories.holdout_purchases.to_numpy(dtype=float),
        squares=histories.holdout_squares.to_numpy(dtype=float),
        length=(until - end).days / DAYS[config.time_unit],
    )
    try:
        choice = choose_model(competing_models(config), as_triples(histories, config.time_unit), holdout)
    except FitError as error:
        return Judged(choice=None, calibration=f"The forecast was not tested: up to {end}, {error}.")
    calibration = calibrate(
        PURCHASE_MODELS[choice.chosen],
        choice.fit,
        histories,
        population.purchases,
        calibration_end=end,
        holdout_until=until,
        time_unit=config.time_unit,
        level=LEVEL,
        seed=seed,
    )
    return Judged(choice=choice, calibration=calibration)
