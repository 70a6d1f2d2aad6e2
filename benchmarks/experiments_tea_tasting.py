"""Five metrics with CUPED by tea-tasting alone, from the file to the differences; prints JSON."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version

import ibis
import tea_tasting as tt
from experiment_units import CONTROL, METRICS, before
from measured import process_cost, stopped


def main(file: str) -> None:
    with stopped() as comparing:
        units = ibis.duckdb.connect().read_parquet(file)
        experiment = tt.Experiment({name: tt.Mean(name, before(name)) for name in METRICS})
        result = experiment.analyze(units, control=CONTROL)
        effects = {name: (result[name].effect_size, result[name].effect_size_ci_lower) for name in METRICS}
    steps = {"comparing": comparing}
    print(json.dumps({"steps": steps, "effects": effects, "version": version("tea-tasting"), **process_cost()}))


if __name__ == "__main__":
    main(sys.argv[1])
