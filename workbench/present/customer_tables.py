"""The tables of a segmentation beyond its segments: models that competed, new customers by group, channels beside their cost."""

from __future__ import annotations

from workbench.present.display import Display, table
from workbench.present.page_one import in_words
from workbench.segments import SegmentationResult


def model_tables(result: SegmentationResult) -> tuple[Display, ...]:
    """Which models competed, how each did on the holdout, and why one is believed."""
    columns = ["model", "aic", "weight", "holdout_bias", "decile_error", "dropout_evidence", "chosen", "reason"]
    return (
        table(
            result.models[columns].assign(dropout_evidence=result.models.dropout_evidence.round(1)),
            caption=f"Models of repeat purchases{_learnt_from(result)}: fit to the past (AIC, weight), forecast of the holdout (bias; share "
            "of purchases expected in the wrong tenth of customers), twice the log likelihood that dropout adds, and which is believed.",
            formats={"weight": "%", "holdout_bias": "%", "decile_error": "%"},
        ),
    )


def _learnt_from(result: SegmentationResult) -> str:
    return "" if result.calibration.empty else ", learnt from the days before the holdout alone"


def subscription_tables(result: SegmentationResult) -> tuple[Display, ...]:
    """What running subscriptions will bring, by plan; nothing where there are none."""
    if result.subscriptions.empty:
        return ()
    columns = [
        "plan",
        "active",
        "next_renewal",
        "remaining_periods",
        "value",
        "value_lower",
        "value_upper",
        "value_each",
    ]
    return (
        table(
            result.subscriptions[columns],
            caption="Running subscriptions by plan: probability of the next renewal, renewals to come within the horizon, and their "
            "discounted profit with a 95% interval that includes chance.",
            formats={"active": "int", "next_renewal": "%"}
            | dict.fromkeys(("value", "value_lower", "value_upper", "value_each"), result.currency),
        ),
    )


def acquisition_tables(result: SegmentationResult) -> tuple[Display, ...]:
    """What new customers are worth; only what was compared."""
    currency, over = result.currency, f"{result.horizon} {result.time_unit}s"
    shown = []
    if len(result.channels):
        money = dict.fromkeys(("ltv", "lower", "upper", "ltv_unpooled", "spend", "cac"), currency)
        shown.append(
            table(
                result.channels.drop(columns=["ltv_to_cac_lower", "ltv_to_cac_upper"]),
                caption=f"Value of a new customer (ltv) over {over}, learning from all channels and (unpooled) from the channel's own "
                "customers; spend divided by all acquired customers (cac), also those who may not be analysed.",
                formats={"customers": "int", "acquired": "int", **money},
            )
        )
    others = result.groups[result.groups["group"] != "acquisition_channel"]
    if len(others):
        money = dict.fromkeys(("ltv", "lower", "upper", "ltv_unpooled"), currency)
        shown.append(
            table(
                others.drop(columns=["unpooled_lower", "unpooled_upper"]),
                caption=f"Value of a new customer over {over}, by group.",
                formats={"customers": "int", **money},
            )
        )
    if len(result.covariates):
        shown.append(
            table(
                result.covariates,
                caption="How many times as often customers of a level buy as those of the most common one, groups alike.",
                formats={"customers": "int"},
            )
        )
    if len(result.spreads):
        shown.append(
            table(
                result.spreads.assign(
                    **{name: [in_words(str(each)) for each in result.spreads[name]] for name in ("group", "parameter")}
                ),
                caption="How much groups differ in each parameter, as standard deviations of logarithms: believed before the orders, and after.",
            )
        )
    return tuple(shown)
