"""Five metrics with CUPED by tea-tasting alone, from the file to the differences; prints JSON."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import ibis
import tea_tasting as tt
from experiment_units import CONTROL, METRICS, before
from measured import process_cost


def main(file: str) -> None:
    started = time.perf_counter()
    units = ibis.duckdb.connect().read_parquet(file)
    experiment = tt.Experiment({name: tt.Mean(name, before(name)) for name in METRICS})
    result = experiment.analyze(units, control=CONTROL)
    found = {name: (result[name].effect_size, result[name].effect_size_ci_lower) for name in METRICS}
    took = time.perf_counter() - started
    print(json.dumps({"seconds": took, "effects": found, "version": version("tea-tasting"), **process_cost()}))


if __name__ == "__main__":
    main(sys.argv[1])
