"""What an action changes: on average, and for whom more than for others, from campaigns that were drawn at random.

Each contact gets a doubly robust score: an unbiased, noisy measurement of what the action does to that customer, whatever the
outcome models believe, since the probability of its draw is known. A regression of these scores on features ranks customers;
ranks are made from customers whose own outcome took no part. How far the ranking is borne out sets how far effects may differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.next_action.additive import Additive, Moments, average, fit_additive, moments
from workbench.next_action.bins import Bins, Levels, codes_of, fit_bins
from workbench.next_action.campaigns import CONTROL, KEYS, Logged
from workbench.next_action.off_policy import Z

FOLDS = 10
OUTCOME_PENALTY = 100.0
PENALTIES = (300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0)
LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class Trial:
    """All logged contacts, as effects are learnt from them.

    Attributes:
        bins: Of the features.
        codes: Bins of each contact, shape (contact, feature).
        campaign: Number of the campaign.
        names: Of the campaigns.
        action: As declared.
        probability: Of the action that was taken.
        outcome: Profit within the horizon, currency.
        unit: Number of the customer, who may be in several campaigns.
        fold: Of the customer.
    """

    bins: tuple[Bins, ...]
    codes: np.ndarray
    campaign: np.ndarray
    names: tuple[str, ...]
    action: np.ndarray
    probability: np.ndarray
    outcome: np.ndarray
    unit: np.ndarray
    fold: np.ndarray

    def drew(self, campaigns: list[str]) -> np.ndarray:
        """Contacts of the campaigns, whatever was drawn."""
        return np.isin(self.campaign, [self.names.index(name) for name in campaigns])


@dataclass(frozen=True, kw_only=True)
class Response:
    """Effects of one action, as some of the contacts show them.

    Attributes:
        average: Effect on profit per contact, before its cost; currency.
        slope: By how much effects differ per unit of the ranking.
        centre: Mean of the ranking over the contacts.
        ranking: Foretells effects; of folds together.
    """

    average: float
    slope: float
    centre: float
    ranking: Additive

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """Effect on profit per contact before cost, currency."""
        return self.average + self.slope * (self.ranking.predict(codes) - self.centre)


@dataclass(frozen=True, kw_only=True)
class Uplift:
    """What one action changes.

    Attributes:
        action: Its name.
        average: Effect on profit per contact, before its cost; currency.
        slope: By how much effects differ per unit by which the ranking says so, drawn towards 0, the average for everyone, as far as
            chance explains it.
        slope_error: Standard error of the slope as estimated.
        slope_found: The slope as estimated.
        centre: Mean of the ranking over the contacts.
        ranking: Foretells effects; of folds together.
        influence: Each customer's part in the error of (average, slope), shape (unit, 2).
        foretold: The ranking for every contact of the trial, from folds without it.
        scores: Doubly robust scores of the campaigns' contacts.
        within: Which contacts of the trial those are.
        without: Expected outcome of every contact without an action, from folds without it.
        with_action: The same with the action.
        held_out: What all contacts but those of one fold show, by fold.
    """

    action: str
    average: float
    slope: float
    slope_error: float
    slope_found: float
    centre: float
    ranking: Additive
    influence: np.ndarray
    foretold: np.ndarray
    scores: np.ndarray
    within: np.ndarray
    without: np.ndarray
    with_action: np.ndarray
    held_out: tuple[Response, ...]

    @property
    def differs(self) -> bool:
        """Whether the campaigns show that the action brings more from some customers than from others."""
        return self.slope_found > Z * self.slope_error

    @property
    def average_error(self) -> float:
        return float(np.sqrt((self.influence[:, 0] ** 2).sum()))

    def effect(self, ranked: np.ndarray) -> np.ndarray:
        """Effects where the ranking is as given."""
        return self.average + self.slope * (ranked - self.centre)

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """Effect on profit per contact before cost, currency."""
        return self.effect(self.ranking.predict(codes))


def trial_of(logged: Logged, *, seed: int) -> Trial:
    """Contacts as numbers; folds divide customers, so that nobody foretells themselves in another campaign."""
    rows = logged.rows
    features = [name for name in rows.columns if name not in (*KEYS, "outcome")]
    bins = fit_bins(rows, features)
    campaign, names = pd.factorize(rows.campaign_id)
    unit, customers = pd.factorize(rows.customer_id)
    # A stream of its own: data simulated from the same seed must not be divided along its own lines.
    fold = np.random.default_rng((seed, FOLDS)).integers(FOLDS, size=len(customers))
    return Trial(
        bins=bins,
        codes=codes_of(rows, bins) if bins else np.zeros((len(rows), 0), dtype=np.int8),
        campaign=campaign,
        names=tuple(map(str, names)),
        action=rows.action.to_numpy(dtype=object),
        probability=rows.probability.to_numpy(dtype=float),
        outcome=rows.outcome.to_numpy(dtype=float),
        unit=unit,
        fold=fold[unit],
    )


def measure_uplift(trial: Trial, action: str, campaigns: list[str]) -> Uplift:
    """Average effect and ranking of an action, from the randomised campaigns that drew it.

    References:
        Kennedy (2023), Towards optimal doubly robust estimation of heterogeneous causal effects.
        Chernozhukov, Demirer, Duflo, Fernández-Val (2018), Generic machine learning inference on heterogeneous treatment effects.
    """
    within = trial.drew(campaigns)
    contacted, left = within & (trial.action == action), within & (trial.action == CONTROL)
    without, with_action = _expected_outcome(trial, left), _expected_outcome(trial, contacted)
    residual = np.where(contacted, trial.outcome - with_action, 0.0) - np.where(left, trial.outcome - without, 0.0)
    scores = (with_action - without + residual / trial.probability)[within]
    spread = np.zeros(len(within))
    spread[within] = scores
    sums = _sums(trial, within, spread)
    penalty = _best_penalty(trial, sums, within, spread)
    ranking, foretold = _foretell(trial, sums, penalty)
    mean, slope, error, centre, influence = _borne_out(
        scores, foretold[within], trial.unit[within], trial.unit.max() + 1
    )
    return Uplift(
        action=action,
        average=mean,
        slope=drawn_in(slope, error),
        slope_error=error,
        slope_found=slope,
        centre=centre,
        ranking=ranking,
        influence=influence,
        foretold=foretold,
        scores=scores,
        within=within,
        without=without,
        with_action=with_action,
        held_out=tuple(_without(number, trial, sums, within, spread, penalty) for number in range(FOLDS)),
    )


def drawn_in(slope: float, error: float) -> float:
    """The slope as far as it stands out from chance: none of it up to one standard error, nearly all of it from five.

    A test would take all of it or nothing, so that a plan would turn on a hair.

    References:
        James, Stein (1961), Estimation with quadratic loss; the positive part, in one dimension.
    """
    if slope <= error:
        return 0.0
    return slope * (1 - (error / slope) ** 2)


def _expected_outcome(trial: Trial, among: np.ndarray) -> np.ndarray:
    """Outcome by features and campaign, for every contact, learnt from the other folds' contacts among those given."""
    campaigns = Levels(name="campaign", levels=trial.names)
    sizes = (*(each.size for each in trial.bins), campaigns.size)
    codes = np.column_stack([trial.codes, trial.campaign.astype(np.int8)])
    parts = [moments(codes[here], sizes, trial.outcome[here]) for here in _folds(trial, among)]
    whole = _sum(parts)
    expected = np.zeros(len(codes))
    for number, part in enumerate(parts):
        here = trial.fold == number
        expected[here] = fit_additive(whole - part, sizes, OUTCOME_PENALTY).predict(codes[here])
    return expected


@dataclass(frozen=True, kw_only=True)
class _Sums:
    """Sums of each fold's scores over bins; folds that are left out are None."""

    parts: tuple[Moments | None, ...]
    sizes: tuple[int, ...]

    def leaving_out(self, number: int) -> _Sums:
        return replace(self, parts=tuple(None if k == number else part for k, part in enumerate(self.parts)))

    def fit(self, penalty: float) -> Additive:
        return fit_additive(_sum([part for part in self.parts if part is not None]), self.sizes, penalty)


def _sums(trial: Trial, within: np.ndarray, scores: np.ndarray) -> _Sums:
    sizes = tuple(each.size for each in trial.bins)
    folds = _folds(trial, within) if sizes else []
    return _Sums(parts=tuple(moments(trial.codes[here], sizes, scores[here]) for here in folds), sizes=sizes)


def _best_penalty(trial: Trial, sums: _Sums, within: np.ndarray, scores: np.ndarray) -> float:
    """The one that foretells other folds' scores best."""
    if not sums.parts:
        return PENALTIES[0]
    foretold = [_foretell(trial, sums, penalty)[1] for penalty in PENALTIES]
    return PENALTIES[int(np.argmin([np.mean((scores - each)[within] ** 2) for each in foretold]))]


def _foretell(trial: Trial, sums: _Sums, penalty: float) -> tuple[Additive, np.ndarray]:
    """The ranking, and every contact's place in it by contacts of other folds; 0 in folds that are left out."""
    foretold = np.zeros(len(trial.fold))
    if not sums.parts:
        return Additive(level=0.0, effects=np.zeros(0), starts=np.zeros(0, dtype=int)), foretold
    models = []
    for number in (k for k, part in enumerate(sums.parts) if part is not None):
        model, here = sums.leaving_out(number).fit(penalty), trial.fold == number
        # Levels differ between folds by chance, against the fold's own scores: only differences between customers rank.
        foretold[here] = model.predict(trial.codes[here]) - model.level
        models.append(model)
    return replace(average(models), level=0.0), foretold


def _without(
    number: int, trial: Trial, sums: _Sums, within: np.ndarray, scores: np.ndarray, penalty: float
) -> Response:
    """The whole of it once more, as if one fold had never been contacted."""
    ranking, foretold = _foretell(trial, sums.leaving_out(number), penalty)
    here = within & (trial.fold != number)
    mean, slope, error, centre, _ = _borne_out(scores[here], foretold[here], trial.unit[here], trial.unit.max() + 1)
    return Response(average=mean, slope=drawn_in(slope, error), centre=centre, ranking=ranking)


def _borne_out(
    scores: np.ndarray, foretold: np.ndarray, unit: np.ndarray, units: int
) -> tuple[float, float, float, float, np.ndarray]:
    """Mean, slope on the ranking, the slope's error, the ranking's mean, and each customer's influence on mean and slope."""
    mean, centre = float(scores.mean()), float(foretold.mean())
    apart = foretold - centre
    square = float(apart @ apart)
    slope = float(apart @ scores) / square if square > 0 else 0.0
    residual = scores - mean - slope * apart
    on_mean = np.bincount(unit, scores - mean, units) / len(scores)
    on_slope = np.bincount(unit, residual * apart, units) / square if square > 0 else np.zeros(units)
    influence = np.column_stack([on_mean, on_slope])
    return mean, slope, float(np.sqrt((on_slope**2).sum())), centre, influence


def _folds(trial: Trial, among: np.ndarray) -> list[np.ndarray]:
    return [among & (trial.fold == number) for number in range(FOLDS)]


def _sum(parts: list[Moments]) -> Moments:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    return whole
