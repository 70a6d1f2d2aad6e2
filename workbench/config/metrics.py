"""What a test on users measures."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from workbench.config.base import Section


class Metric(Section):
    """One metric of a test.

    Attributes:
        name: Its name; also its column of `units` unless numerator and denominator say otherwise.
        kind: `mean`, `proportion` or `count` per unit of a column, `ratio` of two columns' totals, `quantile` of a column.
        numerator: Column of a ratio's numerator.
        denominator: Column of a ratio's denominator.
        quantile: Which quantile; 0.5 is the median.
        winsorize: Quantile of the metric, all arms together, above which values are cut to it.
        covariate: Pre-period column, or a prediction made before the test, that reduces the variance (CUPED).
        covariates: Several of them.
        role: `primary` decides, `guardrail` may veto, `secondary` explains.
        higher_is_better: Direction of improvement.
        unit: What its numbers are printed in: a currency's code, or a noun; empty for the workspace's currency where
            `value` is 1, else plain numbers.
        value: Currency earned per unit of the metric, unset where it earns none.
        margin: For a guardrail: the relative worsening that is still acceptable.
    """

    name: str
    kind: Literal["mean", "proportion", "count", "ratio", "quantile"] = "mean"
    numerator: str | None = None
    denominator: str | None = None
    quantile: float | None = Field(default=None, gt=0, lt=1)
    winsorize: float | None = Field(default=None, gt=0.5, lt=1)
    covariate: str | None = None
    covariates: tuple[str, ...] = ()
    role: Literal["primary", "secondary", "guardrail"] = "secondary"
    higher_is_better: bool = True
    unit: str = ""
    value: float | None = None
    margin: float = Field(default=0.02, gt=0, lt=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `units` that hold its outcome."""
        if self.numerator is not None and self.denominator is not None:
            return (self.numerator, self.denominator)
        return (self.name,)

    @property
    def before(self) -> tuple[str, ...]:
        """The columns that were known before the test."""
        first = () if self.covariate is None else (self.covariate,)
        return tuple(dict.fromkeys((*first, *self.covariates)))

    @property
    def unadjusted(self) -> Self:
        """The same metric without what was known before."""
        return self.model_copy(update={"covariate": None, "covariates": ()})

    @model_validator(mode="after")
    def _ratio_has_parts(self) -> Self:
        if (self.kind == "ratio") != (self.numerator is not None and self.denominator is not None):
            raise ValueError(f"metric {self.name}: a ratio, and only a ratio, takes numerator and denominator")
        return self

    @model_validator(mode="after")
    def _quantile_is_named(self) -> Self:
        if (self.kind == "quantile") != (self.quantile is not None):
            raise ValueError(f"metric {self.name}: kind = 'quantile', and only that, takes a quantile such as 0.5")
        if self.kind == "quantile" and (self.before or self.winsorize is not None):
            raise ValueError(f"metric {self.name}: a quantile takes neither covariates nor winsorize; leave them out")
        if self.kind == "proportion" and self.winsorize is not None:
            raise ValueError(f"metric {self.name}: a proportion has no extreme values; leave winsorize out")
        return self
