"""Subscriptions: how long they last, and what those that run will still bring."""

from workbench.segments.subscriptions.lifetimes import subscription_lifetimes
from workbench.segments.subscriptions.value import SubscriptionValues, value_subscriptions

__all__ = ["SubscriptionValues", "subscription_lifetimes", "value_subscriptions"]
