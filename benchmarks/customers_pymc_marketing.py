"""Customers valued by pymc-marketing at the posterior's mode, from the file to the hand-offs; prints JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from customer_orders import HORIZON_WEEKS
from measured import process_cost, stopped
from peer_segments import hand_on, segment
from pymc_marketing import clv

MONTHS = 12
MONTHLY_RATE = 0.01


def main(file: str) -> None:
    warnings.simplefilter("ignore")
    with stopped() as summarising:
        orders = pd.read_parquet(file)
        made = clv.utils.rfm_summary(
            orders, "customer_id", "ordered_at", monetary_value_col="revenue", time_unit="D", time_scaler=7
        )
    with stopped() as fitting:
        purchases = clv.BetaGeoModel()
        purchases.fit(data=made, method="map")
        spend = clv.GammaGammaModel()
        spend.fit(data=made[(made.frequency > 0) & (made.monetary_value > 0)], method="map")
    with stopped() as scoring:
        bought = purchases.expected_purchases(made, future_t=HORIZON_WEEKS)
        scores = pd.DataFrame(
            {
                "probability_alive": purchases.expected_probability_alive(made).mean(("chain", "draw")),
                "expected_purchases": bought.mean(("chain", "draw")),
                "expected_value": spend.expected_customer_lifetime_value(
                    purchases, made, future_t=MONTHS, discount_rate=MONTHLY_RATE, time_unit="W"
                ).mean(("chain", "draw")),
            },
            index=made.customer_id,
        )
    with stopped() as segmenting:
        segments = segment(scores, made)
    with stopped() as handing_on, tempfile.TemporaryDirectory() as folder:
        hand_on(scores, segments, Path(folder))
    found = {
        "steps": {
            "summarising": summarising,
            "fitting": fitting,
            "scoring": scoring,
            "segmenting": segmenting,
            "handing on": handing_on,
        },
        "customers": len(scores),
        "purchases": float(scores.expected_purchases.sum()),
        "version": version("pymc-marketing"),
    }
    print(json.dumps({**found, **process_cost()}))


if __name__ == "__main__":
    main(sys.argv[1])
