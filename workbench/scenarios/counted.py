"""What counts towards what is asked: money, units of the KPI, or all that comes until the plan's last week.

Under capacity only what is served counts, as much of it as its worth that is left by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import SpecError
from workbench.scenarios.anyway import total_anyway
from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.problem import MediaValue
from workbench.scenarios.request import Mode
from workbench.scenarios.response import HorizonValue, ResponseValue

if TYPE_CHECKING:
    from workbench.mmm.posterior.outlook import Outlook


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What a request is answered with.

    Attributes:
        value: What a plan is worth as far as it counts: in KPI units for `target_cpa`, until the last week for a `goal`.
        anyway: For a `goal`, currency that comes until then without the plan, in N courses for each draw, shape (D, N); else None.
    """

    value: MediaValue
    anyway: np.ndarray | None = None


def counted(mode: Mode, value: ResponseValue | CapacityValue, outlook: Outlook, weeks: int, *, seed: int) -> Counted:
    """What counts in a mode.

    Args:
        mode: What is asked.
        value: What plans are worth in currency, carry-over after the last week included.
        outlook: What comes without the plan.
        weeks: Of the plan.
        seed: Of the chance of single weeks; under capacity its value has its own.

    Raises:
        SpecError: If units of a KPI that is money are asked for.
    """
    match mode:
        case "target_cpa":
            if np.all(outlook.value_per_kpi == 1.0):
                raise SpecError(
                    "mode target_cpa needs a KPI of conversions, but the media mix was fitted to money; ask for target_roas instead"
                )
            return Counted(value=value.in_units(outlook.value_per_kpi))
        case "goal":
            return _until(value, outlook, weeks, seed)
        case _:
            return Counted(value=value)


def _until(value: ResponseValue | CapacityValue, outlook: Outlook, weeks: int, seed: int) -> Counted:
    if isinstance(value, CapacityValue):
        until = value.until(weeks)
        return Counted(value=until, anyway=until.anyway[:, None])
    return Counted(value=HorizonValue(value, weeks), anyway=total_anyway(outlook, weeks, seed=seed))
