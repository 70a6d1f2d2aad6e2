"""Customers valued by lifetimes, from the file to the hand-offs; prints JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from customer_orders import HORIZON_WEEKS
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import summary_data_from_transaction_data
from measured import process_cost, stopped
from peer_segments import hand_on, segment

MONTHS = 12


def main(file: str) -> None:
    warnings.simplefilter("ignore")
    with stopped() as summarising:
        orders = pd.read_parquet(file)
        made = summary_data_from_transaction_data(
            orders, "customer_id", "ordered_at", monetary_value_col="revenue", freq="D", freq_multiplier=7
        )
    with stopped() as fitting:
        purchases, spend = BetaGeoFitter(), GammaGammaFitter()
        purchases.fit(made.frequency, made.recency, made["T"])
        paid = made[(made.frequency > 0) & (made.monetary_value > 0)]
        spend.fit(paid.frequency, paid.monetary_value)
    with stopped() as scoring:
        history = (made.frequency, made.recency, made["T"])
        scores = pd.DataFrame(
            {
                "probability_alive": purchases.conditional_probability_alive(*history),
                "expected_purchases": purchases.conditional_expected_number_of_purchases_up_to_time(
                    HORIZON_WEEKS, *history
                ),
                "expected_value": spend.customer_lifetime_value(
                    purchases, *history, made.monetary_value, time=MONTHS, freq="W"
                ),
            },
            index=made.index,
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
        "version": version("lifetimes"),
    }
    print(json.dumps({**found, **process_cost()}))


if __name__ == "__main__":
    main(sys.argv[1])
