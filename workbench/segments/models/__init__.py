"""Models of purchases, spend and subscriptions: compact likelihoods, fitted by maximum likelihood."""

from workbench.segments.models.foresight import Holdout
from workbench.segments.models.selection import PURCHASE_MODELS, Choice, choose_model

__all__ = ["PURCHASE_MODELS", "Choice", "Holdout", "choose_model"]
