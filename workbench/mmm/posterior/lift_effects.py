"""What lift tests changed: each channel's return as the sales history alone tells it, and with the tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.mmm.posterior.media import media_of_market
from workbench.mmm.posterior.summaries import summarise

if TYPE_CHECKING:
    from workbench.mmm.checks.lift_conflict import LiftEvidence
    from workbench.mmm.inputs.design import Design
    from workbench.mmm.response import ResponseModel

LIFT_EFFECT_COLUMNS = {
    "quantity": "str",
    "channel": "str",
    "tests": "str",
    "said_by": "str",
    "estimate": "float64",
    "lower": "float64",
    "upper": "float64",
}
# What the rows are about, and who says it.
ROAS, TESTED_SPEND = "roas", "return_on_tested_spend"
HISTORY, TESTS, TOGETHER = "sales history", "tests", "both"


@dataclass(frozen=True, kw_only=True)
class WithAndWithoutTests:
    """The model that never saw a lift test, beside the one that saw them all.

    Attributes:
        history: Response of the first.
        together: Response of the second.
        evidence: What tests and models say of the money that the tests moved, by tested channel.
    """

    history: ResponseModel
    together: ResponseModel
    evidence: tuple[LiftEvidence, ...]


def lift_effects_frame(compared: WithAndWithoutTests | None, design: Design) -> pd.DataFrame:
    """Per channel its return on all spend, and on the spend that tests moved, by who says it: `LIFT_EFFECT_COLUMNS`.

    Each number has the ends of its 90% interval; the frame is empty where there are no tests.
    """
    rows = [] if compared is None else [*_of_channels(compared, design), *_of_tested_spend(compared.evidence)]
    return pd.DataFrame(rows, columns=list(LIFT_EFFECT_COLUMNS)).astype(LIFT_EFFECT_COLUMNS)


def channel_roas(response: ResponseModel, design: Design) -> np.ndarray:
    """Return on all spend of the fitted weeks and markets, shape (D, C)."""
    value, spend = design.panel.value, design.panel.window_spend.sum(axis=(0, 1))
    by_market = [np.einsum("dtc,t->dc", media_of_market(response, m), value[:, m]) for m in range(value.shape[1])]
    return np.asarray(sum(by_market) / np.where(spend > 0, spend, np.nan))


def _of_channels(compared: WithAndWithoutTests, design: Design) -> Iterator[dict[str, object]]:
    tests = {one.channel: ";".join(one.names) for one in compared.evidence}
    for said_by, response in ((HISTORY, compared.history), (TOGETHER, compared.together)):
        summary = np.stack(summarise(channel_roas(response, design)), axis=-1)
        for channel, numbers in zip(design.panel.channels, summary, strict=True):
            yield _row(ROAS, channel, tests.get(channel, ""), said_by, numbers)


def _of_tested_spend(evidence: Sequence[LiftEvidence]) -> Iterator[dict[str, object]]:
    for one in evidence:
        names = ";".join(one.names)
        yield _row(TESTED_SPEND, one.channel, names, HISTORY, np.stack(summarise(one.history @ one.weight)))
        yield _row(TESTED_SPEND, one.channel, names, TESTS, one.measured_alone)
        yield _row(TESTED_SPEND, one.channel, names, TOGETHER, np.stack(summarise(one.together @ one.weight)))


def _row(quantity: str, channel: str, tests: str, said_by: str, numbers: np.ndarray) -> dict[str, object]:
    estimate, lower, upper = map(float, numbers)
    return {
        "quantity": quantity,
        "channel": channel,
        "tests": tests,
        "said_by": said_by,
        "estimate": estimate,
        "lower": lower,
        "upper": upper,
    }
