"""Contingencies as reports speak of them: channels, markets and what is watched by their labels."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from workbench.scenarios.contingency.contingency import Contingency
from workbench.scenarios.contingency.predicted import watched_label
from workbench.scenarios.problem.cells import Labels


def labelled(found: Contingency, labels: Labels) -> Contingency:
    """The same with labels in the tables that reports show; hand-offs keep the names."""
    return replace(
        found,
        cut_order=_called(found.cut_order, labels),
        reinvest_order=_called(found.reinvest_order, labels),
        scenario_plans=_called(found.scenario_plans, labels),
        triggers=found.triggers.assign(watch=[watched_label(str(name), labels) for name in found.triggers["watch"]]),
    )


def _called(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    return frame.assign(
        channel=[labels.channel(name) for name in frame["channel"]],
        market=[labels.market(name) for name in frame["market"]],
    )
