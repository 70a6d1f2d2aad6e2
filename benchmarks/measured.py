"""What every model reports about one fit, and how its script is called; runs in each model's own environment."""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import numpy as np
from sets import SETS, MixSet

LEVEL = 0.9
KIB_PER_GB = 1e9 / 1024


def report(measure: Callable[..., dict[str, object]], description: str | None, packages: Sequence[str]) -> None:
    """Run `measure(set, draws=, tune=, chains=, seed=)` as the command line asks, and print what it found as one line of JSON."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("set", choices=tuple(SETS))
    for name in ("draws", "tune", "chains", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    settings = vars(parser.parse_args())
    found = measure(SETS[settings.pop("set")], **settings)
    print(json.dumps({**found, **process_cost(), "versions": {package: version(package) for package in packages}}))


def process_cost() -> dict[str, float]:
    """CPU seconds of this process so far, imports and all, and its memory at the peak."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_seconds": used.ru_utime + used.ru_stime, "gigabytes": used.ru_maxrss / KIB_PER_GB}


@contextmanager
def stopped() -> Iterator[dict[str, float]]:
    """Time what happens inside: `seconds`, and `cpu_seconds` of all threads, which a busy machine changes less."""
    took: dict[str, float] = {}
    started, busy = time.perf_counter(), time.process_time()
    yield took
    took |= {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - busy}


def returns(contribution: np.ndarray, spend: np.ndarray, mix: MixSet) -> dict[str, dict[str, float]]:
    """Mean and central 90% interval of each channel's ROAS, with what it spent.

    Args:
        contribution: Currency over the whole window, shape (draw, channel).
        spend: Currency over the whole window, shape (channel,).
        mix: The set whose channels these are.
    """
    draws = contribution / spend
    lower, upper = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    columns = zip(mix.channels, draws.mean(axis=0), lower, upper, spend, strict=True)
    return {
        name: {"mean": float(mean), "lower": float(low), "upper": float(high), "spend": float(money)}
        for name, mean, low, high, money in columns
    }


class Stopwatch:
    """Stands in for a library's own sampler, to time it inside a fit and to keep what each of its calls returned."""

    def __init__(self, sampler: Callable[..., Any]) -> None:
        self._sampler = sampler
        self.returned: list[Any] = []
        self.seconds = 0.0
        self.ended = 0.0

    def __call__(self, *args: object, **kwargs: object) -> Any:
        started = time.perf_counter()
        self.returned.append(self._sampler(*args, **kwargs))
        self.ended = time.perf_counter()
        self.seconds += self.ended - started
        return self.returned[-1]
