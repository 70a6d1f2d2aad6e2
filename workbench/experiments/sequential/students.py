"""Critical values of the normal distribution carried over to Student's t, so that small arms claim no more than large ones.

A reading says how many standard errors an estimate must lie from zero if those were known. They are estimated, which early in a
test matters most: with two users in each arm, five estimated standard errors are nothing.
"""

from __future__ import annotations

from scipy import stats

# Beyond this tail, t's critical values grow without any use; from there on they keep their ratio to the normal ones.
FARTHEST_TAIL = 1e-6
FARTHEST = float(stats.norm.isf(FARTHEST_TAIL))
# From here on the two differ by less than 1 in 3,000, and published intervals for large samples are the normal ones.
LARGEST_DF = 20_000


def to_students(critical: float, df: float) -> float:
    """The number of estimated standard errors that is as rare as `critical` known ones.

    Args:
        critical: Above 0.
        df: Welch's degrees of freedom.
    """
    if df > LARGEST_DF:
        return critical
    if critical >= FARTHEST:
        return critical * _farthest_ratio(df)
    return float(stats.t.isf(stats.norm.sf(critical), df))


def from_students(score: float, df: float) -> float:
    """The number of known standard errors that is as rare as `score` estimated ones: the inverse of `to_students`, without sign."""
    size = abs(score)
    if df > LARGEST_DF:
        return size
    if size >= FARTHEST * _farthest_ratio(df):
        return size / _farthest_ratio(df)
    return float(stats.norm.isf(stats.t.sf(size, df)))


def _farthest_ratio(df: float) -> float:
    return float(stats.t.isf(FARTHEST_TAIL, df)) / FARTHEST
