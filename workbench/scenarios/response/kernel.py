"""The response to a plan in machine code: weekly effects under every draw, and what a change of each cell changes.

With e the exposure of a block (market and channel), w the weights of the lags and f the saturation curve,

    a_t = Σ_l w_l e_(t-l),   effect_t = b f(a_t),   ∂/∂e_u Σ_t v_t effect_t = b Σ_l w_l v_(u+l) f'(a_(u+l)).

Where curves are enveloped, f is replaced by the least concave function above it, see `envelope`.
Weeks run over the plan and the carry-over after it, in which spending goes on: carried-out exposure finds a curve that is as full as
usual. Were nothing spent then, the plan's last week would be the best of all.

Loops over weeks are innermost and without branches, so that they become vector instructions.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

from workbench.mmm.density.compiled import OPTIONS, compiled, keep
from workbench.mmm.density.elementary import exp, log, tanh

HILL, LOGISTIC, LINEAR = 0, 1, 2
LOG_3_HALVES = float(np.log(3.0) / 2.0)
# Below this share of the half-saturation a Hill curve with a slope under one is as good as vertical: a straight line stands in.
NEAR_NOTHING = 1e-9
# The end of a chord that no exposure within the limits passes.
BEYOND = 1e300
# An interval narrower than this share of the half-saturation has no chord worth drawing.
NARROWEST = 1e-9
NEWTON_STEPS = 30
# Doubles in a vector of the widest processors.
LANES = 8
# Share of the half-saturation: the error of a step of Newton is about the square of that before.
TOUCHES = 1e-7


def machine_code[Function: Callable[..., None]](function: Function) -> Function:
    """Compile a function that Python calls, and keep it on the disk until this file or what it calls changes."""
    return keep(numba.njit(nogil=True, **OPTIONS)(function), Path(__file__))


@compiled
def lanes(weeks: int) -> np.ndarray:
    """Room for so many weeks in whole vectors, so that no week is left to be computed alone."""
    return np.zeros(-(-weeks // LANES) * LANES)


@compiled
def hill(acting: float, half: float, slope: float) -> tuple[float, float]:
    """Share of the full effect and its derivative; straight below `NEAR_NOTHING`."""
    at = max(acting, NEAR_NOTHING * half)
    power = exp(slope * log(at / half))
    rest = 1.0 / (1.0 + power)
    share = power * rest
    # A line from nothing: continued along its own derivative, a steep curve would start above nothing.
    line = share / at
    return (share, slope * rest * line) if acting >= at else (acting * line, line)


@compiled
def saturate(
    acting: np.ndarray, half: float, slope: float, form: int, share: np.ndarray, derivative: np.ndarray
) -> None:
    """Fill the response to acting exposures, and its derivatives, all of shape (T,)."""
    if form == HILL:
        for t in range(len(acting)):
            share[t], derivative[t] = hill(acting[t], half, slope)
    elif form == LOGISTIC:
        scale = LOG_3_HALVES / half
        for t in range(len(acting)):
            share[t] = tanh(scale * acting[t])
            derivative[t] = scale * (1.0 - share[t] * share[t])
    else:
        for t in range(len(acting)):
            share[t], derivative[t] = acting[t], 1.0


@compiled
def act(exposure: np.ndarray, weights: np.ndarray, acting: np.ndarray) -> None:
    """Fill `acting`, shape (T,), with the exposure of one block as it acts; exposure from L weeks before on, shape (L + T,)."""
    longest = len(weights) - 1
    acting[:] = 0.0
    for lag in range(longest + 1):
        # A part of its own: an index that is a sum might be negative for all the compiler knows, and would be looked up week by week.
        weight, bought = weights[lag], exposure[longest - lag : longest - lag + len(acting)]
        for t in range(len(bought)):
            acting[t] += weight * bought[t]


@compiled
def act_back(by_acting: np.ndarray, weights: np.ndarray, by_exposure: np.ndarray) -> None:
    """Add to `by_exposure`, shape (H,), what each week's exposure changes by acting then and later; shape (H + L,) or more."""
    for lag in range(len(weights)):
        weight, later = weights[lag], by_acting[lag : lag + len(by_exposure)]
        for u in range(len(by_exposure)):
            by_exposure[u] += weight * later[u]


@compiled
def in_lanes(exposure: np.ndarray, longest: int) -> np.ndarray:
    """Exposure of all blocks, shape (N, L + T), with empty weeks behind it so that T fills whole vectors."""
    blocks, weeks = exposure.shape
    filled = np.zeros((blocks, longest + len(lanes(weeks - longest))))
    filled[:, :weeks] = exposure
    return filled


@compiled
def straighten(acting: np.ndarray, chords: np.ndarray, share: np.ndarray, rise: np.ndarray) -> None:
    """Put the chords of one block, shape (3, T), in the place of its curve where they run above it."""
    end, intercept, slope = chords
    for t in range(len(end)):
        under = acting[t] < end[t]
        share[t] = intercept[t] + slope[t] * acting[t] if under else share[t]
        rise[t] = slope[t] if under else rise[t]


@compiled
def touching(
    start: np.ndarray,
    floor: np.ndarray,
    half: float,
    slope: float,
    left: np.ndarray,
    right: np.ndarray,
    at: np.ndarray,
) -> None:
    """Fill `at` with where lines from (start, floor) on an S-shaped Hill curve, below its inflection, touch it.

    The further right a line starts, the further left it touches: between the inflection and where the line from 0 does.
    All arrays have shape (T,); `left` and `right` are overwritten.
    """
    left[:] = half * ((slope - 1.0) / (slope + 1.0)) ** (1.0 / slope)
    right[:] = half * (slope - 1.0) ** (1.0 / slope)
    at[:] = right
    for _ in range(NEWTON_STEPS):
        moved = 0.0
        for t in range(len(at)):
            here, width = at[t], at[t] - start[t]
            share, rise = hill(here, half, slope)
            excess = rise * width - (share - floor[t])
            left[t] = here if excess > 0.0 else left[t]
            right[t] = right[t] if excess > 0.0 else here
            bend = width * rise * (slope * (1.0 - 2.0 * share) - 1.0) / here
            step = here - excess / bend
            at[t] = step if (step >= left[t]) & (step <= right[t]) else 0.5 * (left[t] + right[t])
            moved += abs(at[t] - here)
        if moved <= TOUCHES * half:
            break


@machine_code
def respond(
    exposure: np.ndarray,
    market: np.ndarray,
    channel: np.ndarray,
    form: np.ndarray,
    weights: np.ndarray,
    half: np.ndarray,
    slope: np.ndarray,
    coefficient: np.ndarray,
    chords: np.ndarray,
    effect: np.ndarray,
    kept: np.ndarray,
) -> None:
    """Add each draw's weekly effects to `effect`, and keep what one more unit of acting exposure would add.

    Args:
        exposure: From L weeks before the plan to L weeks after it, shape (N, L + T), for N blocks.
        market: Index of each block's market, shape (N,).
        channel: Likewise.
        form: Of each block's curve, shape (N,).
        weights: Shape (D, C, L + 1).
        half: Shape (D, N).
        slope: Shape (D, C).
        coefficient: Currency at full saturation, shape (D, N).
        chords: Of the envelopes, shape (D, N, 3, T), see `envelope`; empty for the curves themselves.
        effect: Shape (D, M, T).
        kept: Filled, shape (D, N, T); empty where no gradient will be asked for.
    """
    draws, blocks = coefficient.shape
    weeks = effect.shape[2]
    enveloped, keeps = chords.size > 0, kept.size > 0
    filled = in_lanes(exposure, weights.shape[2] - 1)
    acting, share, rise = lanes(weeks), lanes(weeks), lanes(weeks)
    for d in range(draws):
        for n in range(blocks):
            c, full = channel[n], coefficient[d, n]
            act(filled[n], weights[d, c], acting)
            saturate(acting, half[d, n], slope[d, c], form[n], share, rise)
            if enveloped:
                straighten(acting, chords[d, n], share, rise)
            caused = effect[d, market[n]]
            for t in range(weeks):
                caused[t] += full * share[t]
            if keeps:
                here = kept[d, n]
                for t in range(weeks):
                    here[t] = full * rise[t]


@machine_code
def pull_back(
    kept: np.ndarray,
    market: np.ndarray,
    channel: np.ndarray,
    weights: np.ndarray,
    sensitivity: np.ndarray,
    gradient: np.ndarray,
) -> None:
    """Add `∂ Σ sensitivity · effect / ∂ exposure` to `gradient`.

    Args:
        kept: By `respond`, shape (D, N, T).
        market: Index of each block's market, shape (N,).
        channel: Likewise.
        weights: Shape (D, C, L + 1).
        sensitivity: Shape (D, M, T).
        gradient: By the plan's own weeks, shape (N, H).
    """
    draws, blocks, weeks = kept.shape
    horizon, longest = gradient.shape[1], weights.shape[2] - 1
    total = np.zeros((blocks, len(lanes(horizon))))
    by_acting = lanes(max(weeks, total.shape[1] + longest))
    for d in range(draws):
        for n in range(blocks):
            here, felt = kept[d, n], sensitivity[d, market[n]]
            for t in range(weeks):
                by_acting[t] = here[t] * felt[t]
            act_back(by_acting, weights[d, channel[n]], total[n])
    gradient += total[:, :horizon]


@machine_code
def envelope(
    least: np.ndarray,
    most: np.ndarray,
    channel: np.ndarray,
    form: np.ndarray,
    weights: np.ndarray,
    half: np.ndarray,
    slope: np.ndarray,
    chords: np.ndarray,
) -> None:
    """Fill `chords` for plans whose exposure lies between `least` and `most`, each of the shape of `respond`'s exposure.

    The least concave function above an S-shaped curve on the interval that a week can reach is a chord from the
    interval's start to a touching point (or the interval's end), and the curve itself from there on. Chords are
    end, intercept and slope, shape (D, N, 3, T), with an end below 0 where the curve is concave anyway.
    """
    draws, blocks, _, weeks = chords.shape
    low, high, start, floor = lanes(weeks), lanes(weeks), lanes(weeks), lanes(weeks)
    left, right, touch = lanes(weeks), lanes(weeks), lanes(weeks)
    longest = weights.shape[2] - 1
    fewest, largest = in_lanes(least, longest), in_lanes(most, longest)
    for d in range(draws):
        for n in range(blocks):
            c = channel[n]
            h, s = half[d, n], slope[d, c]
            end, intercept, rise = chords[d, n]
            end[:] = -1.0
            if form[n] != HILL or s <= 1.0:
                continue
            inflection = h * ((s - 1.0) / (s + 1.0)) ** (1.0 / s)
            act(fewest[n], weights[d, c], low)
            act(largest[n], weights[d, c], high)
            for t in range(len(start)):
                bent = (low[t] < inflection) & (high[t] - low[t] > NARROWEST * h)
                start[t] = low[t] if bent else 0.0
                floor[t] = hill(start[t], h, s)[0]
                high[t] = high[t] if bent else -1.0
            touching(start, floor, h, s, left, right, touch)
            for t in range(weeks):
                last = min(high[t], touch[t]) if high[t] > start[t] else touch[t]
                rise[t] = (hill(last, h, s)[0] - floor[t]) / (last - start[t])
                intercept[t] = floor[t] - rise[t] * start[t]
                # A chord that meets the curve at the interval's end only holds there too: the curve is steeper.
                end[t] = -1.0 if high[t] < 0.0 else last if touch[t] < high[t] else BEYOND
