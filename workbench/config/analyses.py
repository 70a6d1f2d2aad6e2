"""What the analyses need to know about a company: channels, markets, model choices."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, PositiveFloat, model_validator

from workbench.config.base import Section
from workbench.config.opinion import BusinessPrior
from workbench.config.planning import Planning

__all__ = ["BusinessPrior", "Channel", "Market", "MediaMix", "Planning"]


class Channel(Section):
    """A media channel and what is believed about it before the data.

    Attributes:
        label: How reports call it.
        group: `brand`, `performance` or any word of the company's.
        adstock: Shape of the carry-over: `geometric` decays from the first week; `delayed` peaks later; `weibull` does either.
        saturation: Shape of diminishing returns; `michaelis_menten` is a Hill curve of slope one.
        roas: Prior of the return per unit of spend, unset for a weak one.
        cpa: The same opinion as the cost of one conversion that the channel caused, for a KPI of conversions.
        half_life_weeks: Prior of the weeks in which half of the effect has come (`delayed`: half of the peak is left), unset
            for a weak one.
        peak_weeks: Prior of the weeks from exposure to peak of a `delayed` carry-over, unset for a weak one.
        half_saturation: Prior of the exposure that reaches half of the largest effect, in typical active weeks.
        slope: Prior of the Hill curve's slope.
    """

    label: str = ""
    group: str = ""
    adstock: Literal["geometric", "delayed", "weibull"] = "geometric"
    saturation: Literal["hill", "logistic", "michaelis_menten", "none"] = "hill"
    roas: BusinessPrior | None = None
    cpa: BusinessPrior | None = None
    half_life_weeks: BusinessPrior | None = None
    peak_weeks: BusinessPrior | None = None
    half_saturation: BusinessPrior | None = None
    slope: BusinessPrior | None = None

    @model_validator(mode="after")
    def _one_opinion_on_the_return(self) -> Self:
        if self.roas and self.cpa:
            raise ValueError("roas and cpa state the same thing twice; keep one of them")
        return self


class Market(Section):
    """A market.

    Attributes:
        label: How reports call it.
        country: ISO code for its public holidays, unset for none.
    """

    label: str = ""
    country: str | None = None


class MediaMix(Section):
    """Choices of the media-mix model that hold for all channels.

    Attributes:
        trend_knots_per_year: Knots of the piecewise linear trend, a year; 0 for a straight line.
        yearly_harmonics: Fourier pairs of the yearly season.
        holidays: Whether public holidays of the markets enter the baseline.
        carry_over_weeks: Longest carry-over considered.
        media_share: Prior 90% range of the share of the KPI that media cause.
        exposure: What carries the effect: `impressions` where the media table has them, or always `spend`.
        shared_weeks: Whether all markets may share what is left unexplained in a week.
        lasting_surprises: Whether what is left unexplained in a week may last into the next ones.
        effectiveness_knots_per_year: Knots of each channel's slow change of effectiveness, a year; 0 for a constant one.
        outliers: `keep` them as noise, or give each extreme week an `own_effect` that takes it out of the evidence.
        signs: Direction of a control's effect, by control, where it is known.
        lift_half_life_years: Years after which a lift test counts half, unset for tests that don't age.
    """

    trend_knots_per_year: float = Field(default=3.0, ge=0, le=26)
    yearly_harmonics: int = Field(default=3, ge=0, le=26)
    holidays: bool = True
    carry_over_weeks: int = Field(default=13, ge=1, le=52)
    media_share: BusinessPrior | None = None
    exposure: Literal["impressions", "spend"] = "impressions"
    shared_weeks: bool = True
    lasting_surprises: bool = True
    effectiveness_knots_per_year: float = Field(default=0.0, ge=0, le=12)
    outliers: Literal["keep", "own_effect"] = "keep"
    signs: dict[str, Literal["positive", "negative"]] = Field(default_factory=dict)
    lift_half_life_years: PositiveFloat | None = None
