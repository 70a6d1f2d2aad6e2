"""A score's model card: what it is for, what it was made of, how it did, and where it must not be trusted."""

from __future__ import annotations

import pandas as pd

from workbench.present.display import Display, prose, table
from workbench.propensity import PropensityResult
from workbench.wording import count, in_unit, interval, money, percent

OUTCOMES = {
    "conversion": "the customer orders within {days} days",
    "churn": "the customer doesn't order within {days} days",
    "lead": "the lead is won, within {days} days where the day of winning is known",
}
MEASURES = {
    "selection": "share selected",
    "calibration": "outcomes per expected one",
    "value": "expected value of each",
}
METRIC_NAMES = {
    "auc": "AUC (0.5 is chance, 1 perfect)",
    "log_loss": "Log loss (lower is better)",
    "brier": "Brier score (lower is better)",
    "ece": "Calibration error, share",
    "lift_top_tenth": "Lift of the top tenth",
}


def model_card(result: PropensityResult) -> tuple[Display, ...]:
    """The card: purpose and data, both models, columns, what was left out, groups, limits."""
    blocks = [
        table(_facts(result), caption="What the score is."),
        table(_models(result), caption="Both models on later cases that neither had seen, with 95% intervals."),
        table(result.features, caption="Columns that the score reads."),
    ]
    if len(result.exclusions):
        blocks.append(table(result.exclusions, caption="Columns that were left out, and why."))
    if len(result.fairness):
        blocks.append(prose("\n\n".join(result.statements)))
        blocks.append(table(_fairness(result), caption="Groups, each against all others, on later cases."))
    return (*blocks, prose(_limits(result)))


def _facts(result: PropensityResult) -> pd.DataFrame:
    card = result.card
    rows = [
        ("Foretells", f"whether {OUTCOMES[card.kind].format(days=card.horizon_days)}"),
        ("Day of scoring", f"{card.as_of:%-d %B %Y}"),
        (
            "Model",
            f"{card.model}; probabilities by {card.calibrator} calibration, learnt on cases that it had not seen",
        ),
        (
            "Learnt from",
            f"{count(card.cases)} {card.noun}, {count(card.outcomes)} with the outcome, {card.trained_from:%-d %b %Y} to "
            f"{card.trained_to:%-d %b %Y}",
        ),
        (
            "Judged on",
            f"the latest {count(card.test_cases)}, {count(card.test_outcomes)} with the outcome, from {card.test_from:%-d %b %Y} on, by a "
            "model of earlier cases only",
        ),
        ("In neither part", f"{count(card.unknown_then)} whose outcome wasn't known when the test began"),
        ("An outcome is worth", _worth(result)),
        ("Acted on", _selected(result)),
        ("Version", card.version),
    ]
    return pd.DataFrame(rows, columns=["What", "Answer"])


def _worth(result: PropensityResult) -> str:
    card = result.card
    if pd.isna(card.value):
        return "not known"
    source = "as declared" if card.value_declared else "the mean of past outcomes"
    return f"{money(card.value, result.currency)}, {source}; acting on one costs {money(card.cost, result.currency)}"


def _selected(result: PropensityResult) -> str:
    card = result.card
    if not card.selected:
        return "nobody"
    return f"{count(card.selected)} of {count(card.scored)} {card.noun}, from a probability of {percent(card.cut)} up"


def _models(result: PropensityResult) -> pd.DataFrame:
    models = result.models.assign(
        metric=result.models.metric.map(METRIC_NAMES),
        text=[f"{row.estimate:.3f} ({row.lower:.3f} to {row.upper:.3f})" for row in result.models.itertuples()],
        model=result.models.model.where(~result.models.chosen, result.models.model + ", chosen"),
    )
    wide = models.pivot(index="metric", columns="model", values="text").loc[list(METRIC_NAMES.values())]
    return wide.reset_index().rename_axis(columns=None).rename(columns={"metric": "Measure"})


def _fairness(result: PropensityResult) -> pd.DataFrame:
    rows = result.fairness.dropna(subset=["estimate"]).reset_index(drop=True)
    units = {"selection": "%", "calibration": "", "value": result.currency}
    texts = [
        (
            in_unit(row["estimate"], units[row["measure"]]),
            interval(row["lower"], row["upper"], units[row["measure"]]),
            in_unit(row["others"], units[row["measure"]]),
            percent(row["gap"], 0),
        )
        for row in rows.to_dict("records")
    ]
    told = pd.DataFrame(texts, columns=["estimate", "95% interval", "all others", "gap"])
    return pd.concat([rows[["attribute", "group", "customers"]], rows.measure.map(MEASURES), told], axis=1)


def _limits(result: PropensityResult) -> str:
    card = result.card
    limits = [
        "The score foretells who has the outcome; it doesn't show whom an action changes. Only a randomised holdout shows that.",
        f"It was judged on {card.noun} from {card.test_from:%-d %B %Y} on: prices, channels and rules that changed since are not in it.",
        "Reasons say what moved the score, not what causes the outcome.",
    ]
    if card.model == "gradient boosting":
        limits.append(
            "A case's reasons are how far the score moves when one column takes its typical value and all others stay; where columns "
            "act together, each is credited with what they do jointly, so reasons don't add up exactly."
        )
    if (result.features.kind == "many levels").any():
        limits.append(
            "Columns of many levels are read as their levels' past rates; a level that is new or rare counts as the average of all rare ones."
        )
    if not result.exclusions.empty and result.exclusions.reason.str.startswith("leakage").any():
        limits.append(
            "Columns that looked as if filled in after the outcome were left out by a rule; the rule can err both ways."
        )
    return "**Limits**\n\n" + "\n".join(f"- {limit}" for limit in limits)
