"""The forms that a media mix may reasonably have: how it saturates, carries over, and how fast the trend may turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.shapes.adstock import AdstockForm
from workbench.mmm.shapes.saturation import SaturationForm

SATURATIONS: tuple[SaturationForm, ...] = ("hill", "logistic")
ADSTOCKS: tuple[AdstockForm, ...] = ("geometric", "weibull")
TREND_KNOTS_PER_YEAR = (1.0, 3.0, 8.0)
# What a reader who doesn't model is told: in a few words, in a sentence, and the name that analysts know it by.
CURVE_WORDS: dict[SaturationForm, tuple[str, str, str]] = {
    "hill": ("threshold", "The first spend may return less than what follows, before returns diminish", "Hill curve"),
    "logistic": ("diminishing", "Each unit of spend returns less than the one before it", "logistic curve"),
    "michaelis_menten": ("fast then slow", "Returns diminish at once, and ever more slowly", "Michaelis-Menten curve"),
    "none": ("straight line", "Each unit of spend returns as much as the one before it", "no saturation"),
}
CARRY_OVER_WORDS: dict[AdstockForm, tuple[str, str, str]] = {
    "geometric": ("fades at once", "The effect is largest in the week of the spend", "geometric adstock"),
    "delayed": ("peaks later", "The effect is largest some weeks after the spend", "delayed adstock"),
    "weibull": ("may build up", "The effect may grow for some weeks before it fades", "Weibull adstock"),
}
BENDS_WORDS = ("bends", "How many times a year the trend of sales without media may change", "knots of the trend")
# Weeks × markets × channels, from which on not every combination is affordable.
LARGE_PANEL = 4_000


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form: that of all channels which don't state their own, and of the trend.

    Attributes:
        saturation: Of the channels.
        adstock: Of the channels.
        trend_knots_per_year: Knots of the trend, a year.
    """

    saturation: SaturationForm = "hill"
    adstock: AdstockForm = "geometric"
    trend_knots_per_year: float = 3.0

    @property
    def name(self) -> str:
        return f"{self.saturation}, {self.adstock}, {self.trend_knots_per_year:g}-knot trend".replace("_", " ")

    @property
    def in_words(self) -> str:
        """For readers who don't model.

        >>> Form().in_words
        'threshold, fades at once, 3 bends'
        """
        knots = self.trend_knots_per_year
        bends = "1 bend" if knots == 1 else f"{knots:g} {BENDS_WORDS[0]}"
        return f"{CURVE_WORDS[self.saturation][0]}, {CARRY_OVER_WORDS[self.adstock][0]}, {bends}"

    def of_model(self, config: MediaMix) -> MediaMix:
        """The configuration with this form's trend."""
        return config.model_copy(update={"trend_knots_per_year": self.trend_knots_per_year})

    def of_channels(self, names: tuple[str, ...], channels: Mapping[str, Channel]) -> dict[str, Channel]:
        """All channels in this form; what a channel states of its own form stays."""
        return {name: self._of_channel(channels.get(name, Channel())) for name in names}

    def _of_channel(self, channel: Channel) -> Channel:
        form = {"saturation": self.saturation, "adstock": self.adstock}
        return channel.model_copy(update={name: v for name, v in form.items() if name not in channel.model_fields_set})


def usual_forms(panel: Panel, config: MediaMix) -> tuple[Form, ...]:
    """The configured form first, then others: every combination on a small panel, single changes of the first on a large one."""
    first = Form(trend_knots_per_year=config.trend_knots_per_year)
    knots = tuple(dict.fromkeys((config.trend_knots_per_year, *TREND_KNOTS_PER_YEAR)))
    every = [
        Form(saturation=saturation, adstock=adstock, trend_knots_per_year=trend)
        for trend, saturation, adstock in product(knots, SATURATIONS, ADSTOCKS)
    ]
    return tuple(form for form in every if not is_large(panel) or _differences(form, first) <= 1)


def is_large(panel: Panel) -> bool:
    return panel.window_spend.size > LARGE_PANEL


def _differences(form: Form, other: Form) -> int:
    return sum(value != getattr(other, name) for name, value in vars(form).items())
