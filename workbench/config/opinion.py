"""What is believed before the data."""

from __future__ import annotations

from typing import Self

from pydantic import PositiveFloat, model_validator

from workbench.config.base import Section


class BusinessPrior(Section):
    """An opinion held before the data, as a 90% range.

    Attributes:
        lower: 5% quantile.
        upper: 95% quantile.
    """

    lower: PositiveFloat
    upper: PositiveFloat

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError(f"lower ({self.lower}) must be below upper ({self.upper})")
        return self
