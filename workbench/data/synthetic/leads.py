"""Enquiries of companies: which are won follows a logistic truth, with one column known too late and one group neglected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.data.synthetic.business import CUSTOMERS

LEADS = 6_000
MEDIAN_DAYS = 14.0
LAG_SPREAD = 1.0
ORIGINS = ("search", "referral", "event", "social", "partner", "direct")
SIZES = ("1-9", "10-49", "50-249", "250+")
LANGUAGES = ("local", "english", "other")
_ORIGIN_SHARES = (0.34, 0.12, 0.10, 0.20, 0.08, 0.16)
_SIZE_SHARES = (0.45, 0.30, 0.17, 0.08)
_LANGUAGE_SHARES = (0.714, 0.28, 0.006)
_AVERAGE_VALUE = (400.0, 900.0, 2_200.0, 5_000.0)


@dataclass(frozen=True, kw_only=True)
class LeadTruth:
    """Log-odds of winning a lead.

    Attributes:
        intercept: Of a direct lead of the smallest companies that saw no page.
        origin: By `ORIGINS`.
        size: By `SIZES`.
        page: By each page seen.
        language: By `LANGUAGES`: sales follow up less on one of them, whatever the lead is worth.
    """

    intercept: float = -3.1
    origin: tuple[float, ...] = (0.3, 1.3, 0.7, -0.4, 0.9, 0.0)
    size: tuple[float, ...] = (0.0, 0.4, 0.7, 0.3)
    page: float = 0.12
    language: tuple[float, ...] = (0.0, -1.2, 0.0)


LEAD = LeadTruth()


@dataclass(frozen=True, kw_only=True)
class Leads:
    """One entry per lead, in the order of time.

    Attributes:
        day: When it came, in days since the company's first week.
        origin: Index of `ORIGINS`.
        size: Index of `SIZES`.
        language: Index of `LANGUAGES`.
        pages: Pages seen before the enquiry.
        probability: Of being won.
        won: Whether it is won, be it after the data end.
        lag: Days until then.
        value: Worth of winning it, euros.
        calls: Calls of the sales team until it was decided: known only afterwards.
    """

    day: np.ndarray
    origin: np.ndarray
    size: np.ndarray
    language: np.ndarray
    pages: np.ndarray
    probability: np.ndarray
    won: np.ndarray
    lag: np.ndarray
    value: np.ndarray
    calls: np.ndarray


def draw_leads(customers: int, weeks: int, rng: np.random.Generator) -> Leads:
    """Leads that come evenly over the window; a business of `CUSTOMERS` customers gets `LEADS`."""
    count = max(1, round(LEADS * customers / CUSTOMERS))
    origin = rng.choice(len(ORIGINS), count, p=_ORIGIN_SHARES)
    size = rng.choice(len(SIZES), count, p=_SIZE_SHARES)
    language = rng.choice(len(LANGUAGES), count, p=_LANGUAGE_SHARES)
    pages = rng.poisson(5.0, count)
    probability = win_probability(origin, size, language, pages)
    won = rng.random(count) < probability
    return Leads(
        day=np.sort(rng.random(count)) * 7 * weeks,
        origin=origin,
        size=size,
        language=language,
        pages=pages,
        probability=probability,
        won=won,
        lag=MEDIAN_DAYS * np.exp(LAG_SPREAD * rng.standard_normal(count)),
        value=np.round(np.array(_AVERAGE_VALUE)[size] * rng.gamma(4.0, 0.25, count), 2),
        calls=rng.poisson(np.where(won, 6.0, 1.2)),
    )


def win_probability(origin: np.ndarray, size: np.ndarray, language: np.ndarray, pages: np.ndarray) -> np.ndarray:
    """Probability that a lead is won, given what is known when it comes."""
    odds = LEAD.intercept + LEAD.page * pages
    odds = odds + np.array(LEAD.origin)[origin] + np.array(LEAD.size)[size] + np.array(LEAD.language)[language]
    return 1.0 / (1.0 + np.exp(-odds))
