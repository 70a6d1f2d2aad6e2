"""The published sets that media-mix models are compared on, in one shape; needs pandas alone, so every environment reads it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class MixSet:
    """One table of weekly KPI, media and controls.

    Attributes:
        label: How tables call it.
        file: Name of the file in the folder `mix` of the shared data.
        mapping: Folder under `tests/real` whose `workbench.toml` maps the same file for us.
        time: Column of the week.
        kpi: Column of the KPI.
        value: Column of the currency that one unit of the KPI is worth, None where the KPI is revenue.
        exposure: Column that carries each channel's effect, by channel.
        spend: Column of its money, by channel.
        currency_per_spend: What one unit of those columns stands for in a model whose prior is in money; 1 where they are money.
        controls: Columns of the controls, and the week's number where a trend needs one; our own trend does not.
    """

    label: str
    file: str
    mapping: str
    time: str
    kpi: str
    value: str | None
    exposure: dict[str, str]
    spend: dict[str, str]
    controls: tuple[str, ...]
    currency_per_spend: float = 1.0

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self.spend)

    def read(self) -> pd.DataFrame:
        """The table with the same names for every set.

        Columns `time`, `geo` (where there are several), `kpi`, `value`, `revenue`, `<channel>_exposure`, `<channel>_spend`, the
        controls, and `population` (where known).
        """
        raw = pd.read_csv(shared_data() / "mix" / self.file, parse_dates=[self.time])
        value = raw[self.value] if self.value else pd.Series(1.0, index=raw.index)
        canonical = {"time": raw[self.time], "kpi": raw[self.kpi], "value": value, "revenue": raw[self.kpi] * value}
        canonical |= {f"{channel}_exposure": raw[column].astype(float) for channel, column in self.exposure.items()}
        canonical |= {f"{channel}_spend": raw[column].astype(float) for channel, column in self.spend.items()}
        return pd.DataFrame(
            canonical | {name: raw[name] for name in (*self.controls, "geo", "population") if name in raw}
        )


def _meridian(label: str, name: str) -> MixSet:
    channels = [f"Channel{c}" for c in range(4)]
    return MixSet(
        label=label,
        file=f"meridian_{name}_media.csv",
        mapping=f"meridian_{name}",
        time="time",
        kpi="conversions",
        value="revenue_per_conversion",
        exposure={channel: f"{channel}_impression" for channel in channels},
        spend={channel: f"{channel}_spend" for channel in channels},
        controls=("competitor_activity_score_control", "sentiment_score_control"),
    )


SETS = {
    "national": _meridian("national, 156 weeks × 4 channels", "national"),
    "geo": _meridian("20 markets × 156 weeks × 4 channels", "geo"),
    "example": MixSet(
        label="pymc-marketing's example, 179 weeks × 2 channels",
        file="pymc_marketing_mmm_example.csv",
        mapping="pymc_marketing",
        time="date_week",
        kpi="y",
        value=None,
        exposure={"x1": "x1", "x2": "x2"},
        spend={"x1": "x1", "x2": "x2"},
        controls=("event_1", "event_2", "t"),
        currency_per_spend=2000.0,  # then media cause a fifth of the KPI at a ROAS of one
    ),
}


def shared_data() -> Path:
    return Path(os.environ.get("WORKBENCH_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
