"""What a weekly plan really brings the sample company: its true curves, and plans to hold a plan against."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.mmm import MediaMixResult

AFTER = 60  # weeks until what was spent has acted
DRAWS = 10


class Replay:
    """The sample company's true response, from its own parameters alone.

    Args:
        curves: `truth/parameters.json`, curves.
        media: The table that the plan continues.
        after: Currency a week that goes on being spent when the plan is over, by market and channel.
    """

    def __init__(self, curves: list[Mapping[str, float | str]], media: pd.DataFrame, after: pd.Series) -> None:
        self.after = after
        self.table = pd.DataFrame(curves).set_index(["market", "channel"])
        self.history = media.pivot_table(index="week", columns=["market", "channel"], values="spend", fill_value=0.0)

    def brings(self, plan: pd.DataFrame) -> float:
        """Currency that a plan (`week`, `market`, `channel`, `spend`) causes in its weeks and after, over spending nothing."""
        return sum(self._cell(cell, rows) for cell, rows in plan.groupby(["market", "channel"]))

    def _cell(self, cell: tuple[str, str], rows: pd.DataFrame) -> float:
        curve, past = self.table.loc[cell], self.history[cell].to_numpy()
        spend = rows.sort_values("week").spend.to_numpy()
        later = np.full(AFTER, self.after.loc[cell])
        both = (np.concatenate([past, plan, later]) for plan in (spend, np.zeros_like(spend)))
        with_plan, without = (self._caused(curve, len(past), spent) for spent in both)
        return with_plan - without

    @staticmethod
    def _caused(curve: pd.Series, start: int, spend: np.ndarray) -> float:
        acting, total = 0.0, 0.0
        for week, amount in enumerate(spend):
            acting = (1 - curve.retention) * amount + curve.retention * acting
            if week >= start:
                power = acting**curve.slope
                total += curve.coefficient * power / (power + curve.half_saturation**curve.slope)
        return total

    def known_to(self, media_mix: MediaMixResult) -> MediaMixResult:
        """A media mix that knows the truth: every draw of it has the true curves, so that a few say all."""
        known, posterior = media_mix.response, media_mix.posterior.isel(draw=slice(0, DRAWS))
        cells = {name: self._array(known.markets, known.channels, name) for name in self.table.columns}
        half_life = np.log(0.5) / np.log(cells["retention"][0])
        by_cell = {"half_saturation": cells["half_saturation"], "coefficient": cells["coefficient"]}
        by_draw = {"half_life": half_life, "carry_over_shape": np.ones(len(known.channels)), "slope": cells["slope"][0]}
        values = {
            name: (posterior[name].dims, np.repeat(each[None], DRAWS, axis=0))
            for name, each in {**by_cell, **by_draw}.items()
        }
        values |= {
            "effectiveness": (posterior["effectiveness"].dims, np.zeros(posterior["effectiveness"].shape)),
            "exposure_history": (posterior["exposure_history"].dims, known.spend_history),
            "exposure_per_spend": (posterior["exposure_per_spend"].dims, np.ones_like(known.exposure_per_spend)),
        }
        return replace(media_mix, posterior=posterior.assign(values), checks=())

    def _array(self, markets: tuple[str, ...], channels: tuple[str, ...], name: str) -> np.ndarray:
        return self.table[name].unstack("channel").loc[list(markets), list(channels)].to_numpy(dtype=float)


def greedy(totals: pd.Series, returns: pd.Series, change: float = 0.5) -> pd.Series:
    """The same money moved to the channels with the highest estimated return first, each up to its limit."""
    least, most = totals * (1 - change), totals * (1 + change)
    left, found = totals.sum() - least.sum(), least.copy()
    for channel in returns.sort_values(ascending=False).index:
        more = min(left, most[channel] - least[channel])
        found[channel] += more
        left -= more
    return found


def spread(totals: pd.Series, like: pd.DataFrame) -> pd.DataFrame:
    """Totals by channel over the weeks and markets of a plan: evenly over weeks, over markets as in `like`."""
    by_market = like.groupby(["market", "channel"]).spend.sum()
    share = by_market / by_market.groupby("channel").transform("sum")
    weeks = like.week.nunique()
    return like.assign(
        spend=[share[row.market, row.channel] * totals[row.channel] / weeks for row in like.itertuples()]
    )
