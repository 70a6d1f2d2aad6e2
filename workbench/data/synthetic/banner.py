"""The test of banners: visitors see one of all combinations of parts, and some of them click."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import expit, logit

from workbench.data.synthetic.business import BANNER_TEST


@dataclass(frozen=True, kw_only=True)
class BannerVisits:
    """One entry per visitor.

    Attributes:
        banner: Index into `banners()`.
        device: Index into the test's devices.
        clicked: Whether the visitor clicked.
        week: Week of the visit, from the test's first.
        fraction: Share of that week's visits that lie before this one, in [0, 1).
    """

    banner: np.ndarray
    device: np.ndarray
    clicked: np.ndarray
    week: np.ndarray
    fraction: np.ndarray


def run_banner_test(visitors: int, rng: np.random.Generator) -> BannerVisits:
    """Show each visitor a banner drawn evenly, whatever the device."""
    rates = click_rates()
    banner = rng.integers(len(rates), size=visitors)
    device = rng.choice(rates.shape[1], visitors, p=visitor_shares())
    return BannerVisits(
        banner=banner,
        device=device,
        clicked=rng.random(visitors) < rates[banner, device],
        week=rng.integers(BANNER_TEST.length_weeks, size=visitors),
        fraction=rng.random(visitors),
    )


def banners() -> tuple[tuple[str, ...], ...]:
    """All combinations of parts, one part of each factor."""
    return tuple(product(*(parts for _, parts in BANNER_TEST.factors)))


def visitor_shares() -> np.ndarray:
    """Share of the visitors by device."""
    return np.array([share for _, share in BANNER_TEST.devices])


def click_rates() -> np.ndarray:
    """Probability of a click, shape (banner, device)."""
    devices = [device for device, _ in BANNER_TEST.devices]
    return np.array([[_click_rate(set(banner), device) for device in devices] for banner in banners()])


def _click_rate(parts: set[str], device: str) -> float:
    on_their_own = sum(effect for part, effect in BANNER_TEST.parts if part in parts)
    together = sum(effect for one, other, effect in BANNER_TEST.pairs if {one, other} <= parts)
    here = sum(effect for where, part, effect in BANNER_TEST.on_device if where == device and part in parts)
    return float(expit(logit(BANNER_TEST.click_rate) + on_their_own + together + here))
