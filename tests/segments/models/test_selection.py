"""Choosing a model: the world it was made in, published data, holdouts that contradict the past, and ties."""

from dataclasses import replace
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

from tests.segments.models.simulators import simulate_mbgnbd, simulate_paretonbd
from tests.segments.populations import in_engine
from workbench.customers.orders import select_population
from workbench.errors import FitError
from workbench.segments.models import PURCHASE_MODELS, Holdout, choose_model
from workbench.segments.models.foresight import expected_purchases, foresee
from workbench.segments.models.likelihood import Fit
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.summaries import Triples, as_triples, customer_summaries, unique_histories

MODELS = list(PURCHASE_MODELS.values())
ONLINE_RETAIL_CALIBRATION_END = pd.Timestamp("2011-08-31").date()


def holdout_of(histories: pd.DataFrame, length: float) -> Holdout:
    return Holdout(
        purchases=histories.holdout_purchases.to_numpy(dtype=float),
        squares=histories.holdout_squares.to_numpy(dtype=float),
        length=length,
    )


def test_configuration_names_the_models() -> None:
    assert list(PURCHASE_MODELS) == ["BG/NBD", "MBG/NBD", "Pareto/NBD"]
    assert all(model.name == name for name, model in PURCHASE_MODELS.items())


@pytest.mark.parametrize(
    ("name", "triples"),
    [
        ("MBG/NBD", simulate_mbgnbd(0.8, 6.0, 0.6, 1.2, customers=6000, seed=1)),
        ("Pareto/NBD", simulate_paretonbd(1.2, 4.0, 1.5, 30.0, customers=6000, seed=1)),
    ],
)
def test_the_model_of_the_world_is_chosen(name: str, triples: Triples) -> None:
    choice = choose_model(MODELS, triples)
    assert choice.chosen == name
    assert choice.table.weight.sum() == pytest.approx(1)
    assert choice.table[choice.table.chosen].model.tolist() == [name]
    assert choice.fit is choice.fits[name]


def test_cdnow_ties_and_goes_to_the_model_whose_one_time_buyers_may_have_left(cdnow_summaries: ibis.Table) -> None:
    """Published log likelihoods: −9582.4, −9582.13, −9594.98."""
    histories = unique_histories(cdnow_summaries)
    choice = choose_model(MODELS, as_triples(histories, "week"), holdout_of(histories, 39.0))
    table = choice.table.set_index("model")
    np.testing.assert_allclose(table.log_likelihood, [-9582.43, -9582.14, -9594.98], atol=0.01)
    np.testing.assert_allclose(table.aic, 8 - 2 * table.log_likelihood)
    assert choice.chosen == "MBG/NBD"
    assert "who bought once may have left" in choice.reason
    assert table.reason["BG/NBD"] == "Fits as well as MBG/NBD, and takes all who bought once to be active."
    # The models' authors report total holdout purchases about an eighth too few.
    assert table.holdout_bias["BG/NBD"] == pytest.approx(-0.12, abs=0.01)


def test_online_retail_to_august_2011_tells_of_no_dropout_under_any_model(shared_data: Path) -> None:
    lines = pd.read_parquet(shared_data / "customers/online_retail.parquet").dropna(subset=["CustomerID"])
    orders = lines.assign(
        customer_id=lines.CustomerID.astype(int).astype(str),
        ordered_at=pd.to_datetime(lines.InvoiceDate),
        revenue=lines.Quantity * lines.UnitPrice,
    )
    orders = orders.groupby(["customer_id", "ordered_at"], as_index=False).revenue.sum()
    population = select_population(in_engine(orders), None, require_consent=False, margin=1.0)
    histories = unique_histories(customer_summaries(population.purchases, until=ONLINE_RETAIL_CALIBRATION_END))
    choice = choose_model(MODELS, as_triples(histories, "week"))
    assert (choice.table.dropout_evidence < 3.84).all()
    assert not any(fit.known[2:].any() for fit in choice.fits.values())


def test_a_holdout_that_contradicts_the_past_decides() -> None:
    """Customers of a BG/NBD-like past whose one-time buyers all come back: only a model that takes them for active foresees that."""
    past = simulate_mbgnbd(0.8, 6.0, 0.6, 1.2, customers=6000, seed=2)
    fits = {model.name: model.fit(past) for model in MODELS}
    bought = np.round(expected_purchases(PURCHASE_MODELS["BG/NBD"], fits["BG/NBD"].parameters, past, 26.0))
    bought[past.frequency == 0] = 2.0
    choice = choose_model(MODELS, past, Holdout(purchases=bought, squares=bought**2, length=26.0))
    assert choice.chosen == "BG/NBD"
    assert choice.reason == "Foresaw the holdout clearly better than all others."
    assert choice.table.aic.idxmin() != choice.table.chosen.idxmax()


def test_the_gap_of_two_forecasts_is_that_of_the_customers_one_by_one() -> None:
    """Grouped sums give the same mean and standard error as the customers' own scores."""
    past = simulate_mbgnbd(0.8, 6.0, 0.6, 1.2, customers=400, seed=5)
    fits = {model.name: model.fit(past) for model in MODELS}
    bought = np.random.default_rng(1).poisson(2.0, 400).astype(float)
    foresight = foresee(PURCHASE_MODELS, fits, past, Holdout(purchases=bought, squares=bought**2, length=13.0))
    expected = {
        name: expected_purchases(model, fits[name].parameters, past, 13.0) for name, model in PURCHASE_MODELS.items()
    }
    scores = {name: bought * np.log(each) - each for name, each in expected.items()}
    best = max(scores, key=lambda name: scores[name].sum())
    for name, each in foresight.items():
        lost = scores[best] - scores[name]
        assert each.gap == pytest.approx(lost.sum() / bought.sum(), abs=1e-9)
        assert each.gap_error == pytest.approx(lost.std() * np.sqrt(400) / bought.sum(), abs=1e-9)
        assert each.bias == pytest.approx(expected[name].sum() / bought.sum() - 1)


class Unfit:
    """A model that no data can support."""

    def __init__(self, model: PurchaseModel) -> None:
        self.name = f"unfit {model.name}"
        self.fit_error = FitError("it has no maximum")

    def fit(self, triples: Triples) -> Fit:
        raise self.fit_error


def test_a_model_that_cannot_be_fitted_is_named_and_the_others_compete() -> None:
    triples = simulate_mbgnbd(0.8, 6.0, 0.6, 1.2, customers=2000, seed=1)
    choice = choose_model([Unfit(MODELS[0]), MODELS[1]], triples)  # type: ignore[list-item]
    assert choice.chosen == "MBG/NBD"
    assert choice.table.reason[0] == "Could not be fitted: it has no maximum."
    with pytest.raises(FitError, match="^it has no maximum$"):
        choose_model([Unfit(MODELS[0])], triples)  # type: ignore[list-item]


def test_grouped_histories_choose_alike() -> None:
    triples = simulate_mbgnbd(0.8, 6.0, 0.6, 1.2, customers=1500, seed=1)
    twice = choose_model(MODELS[:2], replace(triples, customers=2 * triples.customers)).table
    stacked = choose_model(MODELS[:2], triples.take(np.tile(np.arange(1500), 2))).table
    np.testing.assert_allclose(twice.log_likelihood, stacked.log_likelihood, rtol=1e-9)
