"""What the analyses of customers need to know: how they are valued, scored and treated, and within which rules."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from workbench.config.base import Section

type PurchaseModelName = Literal["BG/NBD", "MBG/NBD", "Pareto/NBD"]
type Purpose = Literal["profiling", "marketing"]


class Subscriptions(Section):
    """`[segmentation.subscriptions]`: how the table `subscriptions` is valued.

    Attributes:
        period: How often a subscription renews.
        horizon: Length of the value horizon, in periods.
    """

    period: Literal["week", "month", "year"] = "month"
    horizon: int = Field(default=24, gt=0)


class Segmentation(Section):
    """How customers are summarised, valued and named.

    Attributes:
        time_unit: Unit of recency and age.
        horizon: Length of the value horizon, in `time_unit`.
        holdout: Length of the holdout that calibration is judged on, in `time_unit`.
        annual_discount_rate: Discount on future value.
        margin: Share of revenue that is profit where orders carry no margin.
        require_consent: Whether customers without `consent_profiling` are excluded (and counted).
        models: Models of repeat purchases that compete.
        correct_bias: Whether values are scaled by what the holdout found against what was expected.
        returns: What an order of negative revenue means: `lower_value` of everyone by the share that comes back, `cancel_order` of
            the same customer and amount before it, or `ignore` it.
        smallest_order: Orders of less revenue, in currency, are test orders: left out and counted. 0 keeps all.
        groups: Columns of `customers` by which value is pooled and compared; `cohort` is the quarter of the first order.
        covariates: Columns of `customers` that may explain how often customers buy.
        rules: `value_activity` names segments by value and activity, `rfm` by recency, frequency and revenue.
        owners: Who acts on a segment, by segment.
        holdout_share: Random share of every segment that is left alone, to measure what acting on it brings.
        explore: Whether clusters are explored.
        clusters: Fewest and most clusters that are explored.
        drift_alarm: Population stability index from which a feature has drifted.
        subscriptions: How subscriptions are valued.
    """

    time_unit: Literal["day", "week", "month"] = "week"
    horizon: int = Field(default=52, gt=0)
    holdout: int = Field(default=26, ge=0)
    annual_discount_rate: float = Field(default=0.1, ge=0, lt=1)
    margin: float = Field(default=1.0, gt=0, le=1)
    require_consent: bool = True
    models: tuple[PurchaseModelName, ...] = Field(default=("BG/NBD", "MBG/NBD", "Pareto/NBD"), min_length=1)
    correct_bias: bool = False
    returns: Literal["lower_value", "cancel_order", "ignore"] = "lower_value"
    smallest_order: float = Field(default=0.0, ge=0)
    groups: tuple[str, ...] = ("acquisition_channel",)
    covariates: tuple[str, ...] = ()
    rules: Literal["value_activity", "rfm"] = "value_activity"
    owners: dict[str, str] = Field(default_factory=dict)
    holdout_share: float = Field(default=0.1, ge=0, lt=1)
    explore: bool = True
    clusters: tuple[int, int] = (2, 8)
    drift_alarm: float = Field(default=0.2, gt=0)
    subscriptions: Subscriptions = Subscriptions()

    @model_validator(mode="after")
    def _clusters_ascend(self) -> Self:
        fewest, most = self.clusters
        if not 2 <= fewest <= most:
            raise ValueError("clusters takes the fewest and the most, at least 2, in this order")
        return self


class Score(Section):
    """`[scores.<name>]`: a probability for each customer or lead, and what it is used for.

    Attributes:
        kind: `conversion`: buys within the horizon; `churn`: an active customer doesn't; `lead`: a lead is won.
        label: What reports call it.
        horizon_days: How long after the day of scoring the outcome may come.
        active_days: For `churn`, a customer who ordered within so many days counts as active.
        features: Columns of the company's own to learn from; by default all of the open table.
        exclude: Columns never to learn from.
        known_before: Columns that look as if they were known only afterwards, and are known before all the same.
        capacity: How many can be acted on; 0 for as many as pay.
        value: Currency that an outcome brings (a conversion, a won lead, a customer kept); 0 where the data say it.
        cost: Currency that acting on one costs.
        as_of_days: For customers, how many days of scoring the training looks back from, a horizon apart.
        test_share: Share of the cases, the latest, that the score is judged on.
        fairness: Columns by which selection, calibration and value are compared.
        purpose: Consent that is needed to be scored.
    """

    kind: Literal["conversion", "churn", "lead"]
    label: str = ""
    horizon_days: int = Field(default=90, gt=0)
    active_days: int = Field(default=180, gt=0)
    features: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    known_before: tuple[str, ...] = ()
    capacity: int = Field(default=0, ge=0)
    value: float = Field(default=0.0, ge=0)
    cost: float = Field(default=0.0, ge=0)
    as_of_days: int = Field(default=3, ge=1, le=24)
    test_share: float = Field(default=0.25, gt=0, lt=0.9)
    fairness: tuple[str, ...] = ()
    purpose: Purpose = "marketing"


class Action(Section):
    """`[next_best_action.actions.<name>]`: something that can be done for a customer.

    Attributes:
        label: What reports call it.
        cost: Currency per customer.
        capacity: Most customers it can reach; unset for no limit.
        campaigns: Past campaigns of `contacts` that did the same: what the action brings is learnt from the randomised ones.
        score: Score whose probability stands in where no campaign was randomised; labelled as not causal.
        value: Currency that a conversion is worth where a score stands in.
        purpose: Consent that the action needs.
    """

    label: str = ""
    cost: float = Field(default=0.0, ge=0)
    capacity: int | None = Field(default=None, ge=0)
    campaigns: tuple[str, ...] = ()
    score: str = ""
    value: float = Field(default=0.0, ge=0)
    purpose: Purpose = "marketing"

    @model_validator(mode="after")
    def _has_evidence(self) -> Self:
        if not self.campaigns and not self.score:
            raise ValueError("an action takes `campaigns` to learn from, or a `score` that stands in")
        return self


class NextBestAction(Section):
    """`[next_best_action]`: what may be done for customers, and within which limits.

    Attributes:
        actions: By name.
        horizon_days: How long after a contact its effect is counted.
        budget: Most currency for all actions together; unset for no limit.
        contacts_per_customer: Most actions for one customer.
        holdout_share: Random share of customers that is left alone, to measure what the policy brings.
    """

    actions: dict[str, Action] = Field(default_factory=dict)
    horizon_days: int = Field(default=28, gt=0)
    budget: float | None = Field(default=None, ge=0)
    contacts_per_customer: int = Field(default=1, ge=1)
    holdout_share: float = Field(default=0.1, ge=0, lt=1)


class Governance(Section):
    """`[governance]`: rules that hold for every analysis of customers.

    Attributes:
        fairness: Columns of `customers` by which every selection is audited.
        smallest_group: Customers that a group needs before anything is said about it.
        largest_gap: Largest difference from the other groups, as a share of theirs, that passes without a word.
        unit_ids: Whose ids `units.unit_id` are where `units` have no customer_id: erased customers leave tests too.
    """

    fairness: tuple[str, ...] = ()
    smallest_group: int = Field(default=50, ge=2)
    largest_gap: float = Field(default=0.2, gt=0)
    unit_ids: Literal["customers", "other"] = "customers"
