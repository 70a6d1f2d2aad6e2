"""A decision that a pack asks for."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.result import Estimate

NO_DAY = "as soon as it can be carried out"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to sign, and what that means.

    Attributes:
        key: Names it in every pack: the same key from the same run is the same decision asked again.
        title: What to sign.
        why: Sentences behind it.
        stake: Money at stake with its interval where it has one; None where none is known.
        stake_is: What that money is.
        due: Until when.
        otherwise: What happens if it isn't signed.
        owner: Who would carry it out, empty if unknown.
        run_id: Where its numbers come from.
    """

    key: str
    title: str
    why: tuple[str, ...]
    stake: Estimate | None
    stake_is: str = ""
    due: str = NO_DAY
    otherwise: str
    owner: str = ""
    run_id: str

    @property
    def size(self) -> float:
        """Money at stake, by which decisions are ordered."""
        return abs(self.stake.estimate) if self.stake and not pd.isna(self.stake.estimate) else 0.0


def doubt(stake: Estimate) -> str:
    """What the interval says of whether it pays."""
    if pd.isna(stake.lower):
        return "How sure this is can't be told."
    if stake.lower > 0:
        return "Even the lower end of its interval is a gain."
    if stake.upper < 0:
        return "Even the upper end of its interval is a loss."
    return "Its interval holds both a gain and a loss."
