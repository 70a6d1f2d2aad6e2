"""Charts of a media mix and of the board pack at any edge."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from tests.present.gallery.edges import Edge, stand_in, told
from workbench.mmm.family.summary import ALL_FORMS
from workbench.mmm.posterior.change import Change
from workbench.present.figures import media_mix, media_mix_change, media_mix_family, media_mix_markets
from workbench.present.figures.board_pack import returns_beside_cost
from workbench.present.figures.media_mix_priors import believed_carry_over, believed_media_share, believed_returns
from workbench.present.figures.media_mix_since import returns_then_and_now


def media(edge: Edge, markets: int = 1) -> Any:
    """A media mix with one curve, history and return a channel."""
    names, weeks, count = edge.entities, edge.dates, edge.count
    roas = edge.amounts(count, scale=2.0, seed=3)
    caused = np.abs(edge.amounts(count))
    places = [f"{edge.names[0]} {i}" for i in range(markets)]
    parts = [("baseline", "baseline", 3 * edge.scale), *(("media", name, caused[i]) for i, name in enumerate(names))]
    season = 1 + 0.3 * np.sin(np.arange(len(weeks)) / 8)
    totals = [
        pd.DataFrame({"week": weeks, "kind": kind, "component": name, "estimate": size * season})
        for kind, name, size in parts
    ]
    expected = sum(part["estimate"] for part in totals)
    lower, upper = edge.around(expected.to_numpy(), 0.1)
    everything = pd.DataFrame({"week": weeks, "kind": "expected", "component": "", "estimate": expected})
    fit = pd.DataFrame({"week": weeks, "actual": expected * np.random.default_rng(5).uniform(0.9, 1.1, len(weeks))})
    estimates = [
        *(told(edge, "roas", name, roas[i]) for i, name in enumerate(names)),
        *(told(edge, "marginal_roas", name, 0.7 * roas[i]) for i, name in enumerate(names)),
        *(told(edge, "contribution", name, caused[i]) for i, name in enumerate(names)),
        *(
            told(edge, "roas_in_market", f"{p}/{n}", roas[i] * (1 + 0.1 * k))
            for i, n in enumerate(names)
            for k, p in enumerate(places)
        ),
        told(edge, "contribution_share", "baseline", 0.6),
    ]
    return stand_in(
        estimates,
        by_contribution=[names[i] for i in np.argsort(-caused)],
        totals=pd.concat([*totals, everything.assign(lower=lower, upper=upper)], ignore_index=True),
        fit=fit,
        curves=pd.concat([_curve(edge, name, caused[i]) for i, name in enumerate(names)], ignore_index=True),
        posterior=xr.Dataset(
            {"prior_roas": (("draw", "channel"), np.random.default_rng(1).lognormal(0.5, 0.8, (50, count)))},
            coords={"channel": names},
        ),
        response=SimpleNamespace(
            channels=tuple(names),
            markets=tuple(places),
            spend_history=np.ones((len(weeks), markets, count)) * np.arange(1, markets + 1)[None, :, None],
        ),
    )


def _curve(edge: Edge, name: str, size: float) -> pd.DataFrame:
    spend = np.linspace(0, 2 * edge.scale, 30)
    revenue = size * spend / (spend + edge.scale)
    frame = edge.ranged(pd.DataFrame({"channel": name, "spend": spend, "estimate": revenue}), "estimate", "")
    return frame.assign(observed=(spend > 0.2 * edge.scale) & (spend < 1.4 * edge.scale), current=np.arange(30) == 12)


def change(edge: Edge) -> Change:
    names = edge.entities
    sizes = edge.amounts(edge.count + 3, seed=9) * np.where(np.arange(edge.count + 3) % 2, -1, 1)
    parts = pd.DataFrame(
        {
            "kind": [*["media"] * edge.count, "baseline", "baseline", "unexplained"],
            "component": [*names, "season", "level and trend", "unexplained"],
            "cause": [*["more spend"] * edge.count, "", "", ""],
            "estimate": sizes,
        }
    )
    parts = edge.ranged(parts, "estimate", "")
    before = 20 * edge.scale
    ends = (edge.dates[0], edge.dates[-1])
    return Change(
        before=ends,
        after=ends,
        currency="EUR",
        revenue_before=before,
        revenue_after=before + float(sizes.sum()),
        parts=parts,
        kinds=parts,
    )


def forms(edge: Edge) -> pd.DataFrame:
    rows = [
        {"channel": channel, "form": form, "in_words": words, "weight": weight, "estimate": 1.5 + 0.1 * k}
        for k, channel in enumerate(edge.fewer(3).entities)
        for form, words, weight in (
            ("a", "geometric, Hill", 0.6),
            ("b", "delayed, logistic", 0.399),
            (ALL_FORMS, ALL_FORMS, 1.0),
        )
    ]
    return edge.ranged(pd.DataFrame(rows), "estimate", "")


def held_out(edge: Edge) -> pd.DataFrame:
    weeks = edge.dates
    frame = pd.DataFrame({"week": weeks, "predicted": np.abs(edge.amounts(len(weeks))) + edge.scale})
    frame = edge.ranged(frame, "predicted", "")
    return frame.assign(
        origin=weeks[(np.arange(len(weeks)) // 13) * 13],
        actual=frame["predicted"] * 1.05,
        crps=0.1 * edge.scale,
        crps_seasonal_naive=0.2 * edge.scale,
    )


def beliefs(edge: Edge) -> Any:
    count, rng = edge.count, np.random.default_rng(4)
    roas = rng.lognormal(0.5, 0.8, (200, count))
    channels = tuple(edge.entities)
    tests = {name: (f"test of {name}",) if i % 4 == 1 else () for i, name in enumerate(channels)}
    return SimpleNamespace(
        channels=channels,
        roas=roas,
        share=0.5 * roas / roas.sum(axis=1, keepdims=True) * rng.uniform(0.2, 2.4, (200, 1)),
        weeks_to_half=rng.uniform(0.5, 4, (200, count)),
        half_saturation=rng.uniform(0.5, 4, (200, count)) * edge.scale,
        priors=SimpleNamespace(
            stated=tuple(i % 2 == 0 for i in range(count)),
            basis=tuple("stated" if i % 2 == 0 else "weak" for i in range(count)),
            half_life=tuple(float(i % 7) for i in range(count)),
            carry_over_shape=tuple(1.0 for _ in range(count)),
            media_share=SimpleNamespace(range=(0.1, 0.4)),
        ),
        tests_of=tests.__getitem__,
        design=SimpleNamespace(panel=SimpleNamespace(currency="EUR"), adstock=tuple("geometric" for _ in range(count))),
        response=SimpleNamespace(
            lag_weights=[0.5 ** np.arange(9) * rng.uniform(0.4, 0.6, (50, 1)) for _ in range(count)]
        ),
    )


DRAWN = {
    returns_beside_cost: lambda edge: returns_beside_cost(
        [
            (name, told(edge, "roas", name, back))
            for name, back in zip(edge.entities, edge.amounts(edge.count, 2.0), strict=True)
        ],
        "EUR",
    ),
    media_mix.contributions_over_time: lambda edge: media_mix.contributions_over_time(media(edge)),
    media_mix.returns_before_and_after: lambda edge: media_mix.returns_before_and_after(media(edge)),
    media_mix.response_curves: lambda edge: media_mix.response_curves(media(edge)),
    media_mix.fitted_and_actual: lambda edge: media_mix.fitted_and_actual(media(edge)),
    media_mix_change.change_waterfall: lambda edge: media_mix_change.change_waterfall(media(edge), change(edge)),
    media_mix_family.returns_by_form: lambda edge: media_mix_family.returns_by_form(forms(edge), "EUR"),
    media_mix_family.held_out_weeks: lambda edge: media_mix_family.held_out_weeks(held_out(edge), "EUR"),
    media_mix_markets.returns_by_market: lambda edge: [
        *media_mix_markets.every_channel_by_market(media(edge.fewer(9), markets=max(2, min(edge.count, 30))))
    ],
    believed_returns: lambda edge: believed_returns(beliefs(edge)),
    believed_carry_over: lambda edge: believed_carry_over(beliefs(edge)),
    believed_media_share: lambda edge: believed_media_share(beliefs(edge)),
    returns_then_and_now: lambda edge: returns_then_and_now(media(edge), media(edge)),
}
