"""The ways to name segments, by their names in `workbench.toml`."""

from __future__ import annotations

from workbench.segments.rfm import RFM
from workbench.segments.rules import RuleBook
from workbench.segments.value_activity import VALUE_ACTIVITY

RULE_BOOKS: dict[str, RuleBook] = {"value_activity": VALUE_ACTIVITY, "rfm": RFM}
