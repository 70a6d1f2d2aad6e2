"""A score's model card: what it is for, what it was made of, how it did, and where it must not be trusted."""

from __future__ import annotations

import pandas as pd

from workbench.customers.feature_words import phrase
from workbench.present.display import Display, prose, table
from workbench.present.fairness_tables import fairness_tables, headed
from workbench.propensity import PropensityResult
from workbench.propensity.result import Card
from workbench.wording import count, money, percent

OUTCOMES = {
    "conversion": "the customer orders within {days} days",
    "churn": "the customer doesn't order within {days} days",
    "lead": "the lead is won within {days} days, or at all where the day of winning isn't recorded",
}
METRIC_NAMES = {
    "auc": "AUC (0.5 is chance, 1 perfect)",
    "log_loss": "Log loss (lower is better)",
    "brier": "Brier score (lower is better)",
    "ece": "Calibration error (0 is perfect)",
    "lift_top_tenth": "Lift of the top tenth (1 is chance)",
}


def model_card(result: PropensityResult) -> tuple[Display, ...]:
    """The card: purpose, data and population, both models, columns, what was left out, groups, limits."""
    blocks = [
        table(_facts(result), caption="What the score is."),
        table(
            _models(result),
            caption=f"Both models on {result.card.unseen} cases that neither had seen, with 95% intervals.",
        ),
        table(_columns(result.features), caption="Columns that the score reads."),
    ]
    if len(result.exclusions):
        blocks.append(table(_columns(result.exclusions), caption="Columns that were left out, and why."))
    return (*blocks, *_groups(result), prose(_limits(result)))


def _facts(result: PropensityResult) -> pd.DataFrame:
    card = result.card
    rows = [
        ("Foretells", f"whether {OUTCOMES[card.kind].format(days=card.horizon_days)}"),
        ("Population", _population(result)),
        ("Day of scoring", f"{card.as_of:%-d %B %Y}"),
        (
            "Model",
            f"{card.model}; probabilities by {card.calibrator} calibration, learnt on cases that it had not seen",
        ),
        (
            "Learnt from",
            f"{count(card.cases)} cases, {count(card.outcomes)} with the outcome, {card.trained_from:%-d %b %Y} to "
            f"{card.trained_to:%-d %b %Y}",
        ),
        (
            "Judged on",
            _judged_on(card),
        ),
        ("An outcome is worth", _worth(result)),
        ("Acted on", _selected(result)),
        ("Version", card.version),
    ]
    return pd.DataFrame(rows, columns=["What", "Answer"])


def _population(result: PropensityResult) -> str:
    """Who is in, and who was left out, as the checks tell it."""
    told = {check.name: check.detail for check in result.checks}
    return " ".join(told[name] for name in ("outcome", "consent", "erasure") if name in told)


def _judged_on(card: Card) -> str:
    tested = f"{count(card.test_cases)}, {count(card.test_outcomes)} with the outcome"
    if card.by_chance:
        return f"{tested}, held back by chance, by a model of the others only: no case is later than another"
    when = f"from {card.test_from:%-d %b %Y} on"
    return f"the latest {tested}, {when}, by a model of earlier cases only{_unknown_then(card.unknown_then)}"


def _unknown_then(cases: int) -> str:
    if not cases:
        return ""
    return f"; {count(cases)} whose outcome wasn't known yet when the test began {'is' if cases == 1 else 'are'} in neither part"


def _columns(frame: pd.DataFrame) -> pd.DataFrame:
    """As people call them, with the name in the data where that says something else."""
    words = [phrase(name) for name in frame.column]
    told = [
        word if word == name.replace("_", " ") else f"{word} ({name})"
        for word, name in zip(words, frame.column, strict=True)
    ]
    return frame.assign(column=told)


def _groups(result: PropensityResult) -> tuple[Display, ...]:
    if len(result.fairness):
        return fairness_tables(result.fairness, result.statements, result.currency, heading="Groups")
    unknown = f"No attribute was named to compare groups of {result.card.noun} by, so nobody knows whether they are treated alike"
    return (headed("Groups", f"{unknown}; name some in scores.{result.card.score}.fairness."),)


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
        model=[
            f"{str(row.model).capitalize()}{' (chosen)' if row.chosen else ''}" for row in result.models.itertuples()
        ],
    )
    wide = models.pivot(index="metric", columns="model", values="text").loc[list(METRIC_NAMES.values())]
    return wide.reset_index().rename_axis(columns=None).rename(columns={"metric": "Measure"})


def _limits(result: PropensityResult) -> str:
    card = result.card
    limits = [
        "It is meant for choosing whom to act on for the outcome above, and for nothing else that touches a person, such as prices or credit.",
        "The score foretells who has the outcome; it doesn't show whom an action changes. Only a randomised holdout shows that.",
        f"It was judged on {card.noun} {'of' if card.by_chance else 'from'} {card.test_from:%-d %B %Y}{'' if card.by_chance else ' on'}: prices, "
        "channels and rules that changed since are not in it.",
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
    return "### Limits\n\n" + "\n".join(f"- {limit}" for limit in limits)
