"""Features as sentences, charts and reasons call them."""

from __future__ import annotations

_PHRASES = {
    "days_since_last": "days since the last order",
    "days_since_first": "days since the first order",
    "orders_28": "orders in 4 weeks",
    "orders_91": "orders in 13 weeks",
    "orders_364": "orders in 52 weeks",
    "revenue_91": "revenue in 13 weeks",
    "revenue_364": "revenue in 52 weeks",
    "mean_order": "revenue of an order",
    "categories": "categories bought in 52 weeks",
    "touches_28": "touches in 4 weeks",
    "touches_91": "touches in 13 weeks",
    "touch_channels": "channels of touches",
    "days_since_touch": "days since the last touch",
}


def phrase(name: str) -> str:
    """A feature or an attribute in words.

    >>> phrase("orders_364"), phrase("age_band")
    ('orders in 52 weeks', 'age band')
    """
    return _PHRASES.get(name, name.replace("_", " "))
