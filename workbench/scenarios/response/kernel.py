"""The response to a plan in machine code: weekly effects under every draw, and what a change of each cell changes.

With e the exposure of a block (market and channel), w the weights of the lags and f the saturation curve,

    a_t = Σ_l w_l e_(t-l),   effect_t = b f(a_t),   ∂/∂e_u Σ_t v_t effect_t = b Σ_l w_l v_(u+l) f'(a_(u+l)).

Where curves are enveloped, f is replaced by the least concave function above it, see `envelope`.
Weeks run over the plan and the carry-over after it, in which spending goes on: carried-out exposure finds a curve that is as full as
usual. Were nothing spent then, the plan's last week would be the best of all.
"""

from __future__ import annotations

import numba
import numpy as np

# No "nnan" and "ninf": what isn't finite must stay so.
FAST = {"reassoc", "contract", "arcp", "nsz"}
HILL, LOGISTIC, LINEAR = 0, 1, 2
LOG_3_HALVES = float(np.log(3.0) / 2.0)
# Below this share of the half-saturation a Hill curve with a slope under one is as good as vertical: it is continued straight.
NEAR_NOTHING = 1e-9
# The end of a chord that no exposure within the limits passes.
BEYOND = 1e300
# An interval narrower than this share of the half-saturation has no chord worth drawing.
NARROWEST = 1e-9
NEWTON_STEPS = 30

compiled = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)


@compiled
def curve(acting: float, half: float, slope: float, form: int) -> tuple[float, float]:
    """Response to an acting exposure, and its derivative."""
    if form == LINEAR:
        return acting, 1.0
    if form == LOGISTIC:
        scale = LOG_3_HALVES / half
        share = np.tanh(scale * acting)
        return share, scale * (1.0 - share * share)
    at = max(acting, NEAR_NOTHING * half)
    share = 1.0 - 1.0 / (1.0 + (at / half) ** slope)
    derivative = slope * share * (1.0 - share) / at
    if acting >= at:
        return share, derivative
    if slope < 1.0:
        return share + derivative * (acting - at), derivative
    return share * acting / at, derivative


@compiled
def touching(start: float, half: float, slope: float) -> float:
    """Where the line from (start, f(start)) touches an S-shaped Hill curve, for a `start` below its inflection.

    The further right it starts, the further left it touches: between the inflection and where the line from 0 does.
    """
    floor = curve(start, half, slope, HILL)[0]
    low, high = half * ((slope - 1.0) / (slope + 1.0)) ** (1.0 / slope), half * (slope - 1.0) ** (1.0 / slope)
    at = high
    for _ in range(NEWTON_STEPS):
        share, rise = curve(at, half, slope, HILL)
        excess = rise * (at - start) - (share - floor)
        if excess > 0.0:
            low = at
        else:
            high = at
        bend = rise * (slope * (1.0 - 2.0 * share) - 1.0) / at
        step = at - excess / (bend * (at - start)) if bend < 0.0 else low
        before, at = at, step if low < step < high else 0.5 * (low + high)
        if abs(at - before) <= 1e-13 * half:
            break
    return at


@compiled
def act(exposure: np.ndarray, carry_in: np.ndarray, after: float, weights: np.ndarray, acting: np.ndarray) -> None:
    """Fill `acting`, shape (T,), with the exposure of one block as it acts: plan (H,), carry-in (L,), each week `after`, weights (L + 1,)."""
    weeks, longest = len(exposure), len(weights) - 1
    for t in range(weeks + longest):
        total = 0.0
        for lag in range(min(t - weeks, longest) + 1):
            total += weights[lag] * after
        for lag in range(max(0, t - weeks + 1), min(t, longest) + 1):
            total += weights[lag] * exposure[t - lag]
        for lag in range(t + 1, longest + 1):
            total += weights[lag] * carry_in[longest + t - lag]
        acting[t] = total


@compiled
def respond(
    exposure: np.ndarray,
    carry_in: np.ndarray,
    after: np.ndarray,
    market: np.ndarray,
    channel: np.ndarray,
    form: np.ndarray,
    weights: np.ndarray,
    half: np.ndarray,
    slope: np.ndarray,
    coefficient: np.ndarray,
    chords: np.ndarray,
    sensitivity: np.ndarray,
    effect: np.ndarray,
    gradient: np.ndarray,
) -> None:
    """Add each draw's weekly effects to `effect`, and `∂ Σ sensitivity · effect / ∂ exposure` to `gradient`.

    Args:
        exposure: Shape (N, H), for N blocks.
        carry_in: Shape (N, L).
        after: Exposure of each week after the plan, shape (N,).
        market: Index of each block's market, shape (N,).
        channel: Likewise.
        form: Of each block's curve, shape (N,).
        weights: Shape (D, C, L + 1).
        half: Shape (D, N).
        slope: Shape (D, C).
        coefficient: Currency at full saturation, shape (D, N).
        chords: Of the envelopes, shape (D, N, T, 3), see `envelope`; empty for the curves themselves.
        sensitivity: Shape (D, T, M); empty where no gradient is wanted.
        effect: Shape (D, T, M).
        gradient: Shape (N, H).
    """
    blocks, weeks = exposure.shape
    draws, longest = weights.shape[0], weights.shape[2] - 1
    enveloped, derived = chords.size > 0, sensitivity.size > 0
    acting, marginal = np.empty(weeks + longest), np.empty(weeks + longest)
    for d in range(draws):
        for n in range(blocks):
            m, c = market[n], channel[n]
            act(exposure[n], carry_in[n], after[n], weights[d, c], acting)
            b, h, s = coefficient[d, n], half[d, n], slope[d, c]
            for t in range(weeks + longest):
                if enveloped and acting[t] < chords[d, n, t, 0]:
                    rise = chords[d, n, t, 2]
                    share = chords[d, n, t, 1] + rise * acting[t]
                else:
                    share, rise = curve(acting[t], h, s, form[n])
                effect[d, t, m] += b * share
                marginal[t] = b * rise
            if derived:
                for t in range(weeks + longest):
                    marginal[t] *= sensitivity[d, t, m]
                for u in range(weeks):
                    total = 0.0
                    for lag in range(longest + 1):
                        total += weights[d, c, lag] * marginal[u + lag]
                    gradient[n, u] += total


@compiled
def envelope(
    least: np.ndarray,
    most: np.ndarray,
    carry_in: np.ndarray,
    after: np.ndarray,
    channel: np.ndarray,
    form: np.ndarray,
    weights: np.ndarray,
    half: np.ndarray,
    slope: np.ndarray,
    chords: np.ndarray,
) -> None:
    """Fill `chords` for plans whose exposure lies between `least` and `most`, shape (N, H).

    The least concave function above an S-shaped curve on the interval that a week can reach is a chord from the
    interval's start to a touching point (or the interval's end), and the curve itself from there on. Chords are
    (end, intercept, slope), shape (D, N, T, 3), with an end below 0 where the curve is concave anyway.
    """
    blocks, weeks = least.shape
    draws, longest = weights.shape[0], weights.shape[2] - 1
    low, high = np.empty(weeks + longest), np.empty(weeks + longest)
    for d in range(draws):
        for n in range(blocks):
            c = channel[n]
            h, s = half[d, n], slope[d, c]
            chords[d, n, :, 0] = -1.0
            if form[n] != HILL or s <= 1.0:
                continue
            inflection = h * ((s - 1.0) / (s + 1.0)) ** (1.0 / s)
            act(least[n], carry_in[n], after[n], weights[d, c], low)
            act(most[n], carry_in[n], after[n], weights[d, c], high)
            for t in range(weeks + longest):
                if low[t] < inflection and high[t] - low[t] > NARROWEST * h:
                    touch = touching(low[t], h, s)
                    end = min(high[t], touch)
                    first = curve(low[t], h, s, HILL)[0]
                    rise = (curve(end, h, s, HILL)[0] - first) / (end - low[t])
                    # A chord that meets the curve at the interval's end only holds there too: the curve is steeper.
                    chords[d, n, t, 0] = end if touch < high[t] else BEYOND
                    chords[d, n, t, 1] = first - rise * low[t]
                    chords[d, n, t, 2] = rise
