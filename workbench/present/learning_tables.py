"""The table of claims of a learning review, or the sentence that there are none to tell of."""

from __future__ import annotations

from workbench.experiments.registry.review import LearningReview
from workbench.present.display import Display, prose, table

CLAIM_COLUMNS = ["claim", "experiment_id", "metric", "claimed", "believed", "later", "later_tests", "fate"]


def claims_table(result: LearningReview) -> Display:
    """Claims that were looked at again, with what became of them."""
    if result.claims.empty:
        return prose(
            "No claim has been tested again yet. Tests of one belief are told by the same `assumption` in `workbench.toml`."
        )
    return table(
        result.claims[CLAIM_COLUMNS].rename(columns={"experiment_id": "test"}),
        caption="Claims that were looked at again. Claimed: as measured; believed: with luck taken out. Positive is better. "
        "Repeated: later tests found as much as was believed; decayed: less, but something; contradicted: less, and nothing beyond chance; "
        "not settled: too little is known; withdrawn: a newer readout of the same test took it back.",
        formats=dict.fromkeys(["claimed", "believed", "later"], "%"),
    )
