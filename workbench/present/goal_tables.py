"""Goals as tables: where each stands, and how well each is set."""

from __future__ import annotations

import pandas as pd

from workbench.present.display import Display, figure, listed, prose, table
from workbench.present.figures.goals import goals_ahead
from workbench.scenarios.goals import GoalReview
from workbench.scenarios.goals.words import chance_text
from workbench.wording import DASH, in_unit, interval

NO_GOALS = prose(
    "No goal is declared; `[goals]` of `workbench.toml` says what is to be reached, until when, and by whom."
)
MARKS = {True: "yes", False: "no"}


def goal_displays(review: GoalReview) -> list[Display]:
    """All there is to show of the goals: a chart where any outcome is known, where each stands, and how it is set."""
    if review.goals.empty:
        return [NO_GOALS]
    known = review.goals["expected"].notna().any()
    chart = (
        [figure(goals_ahead(review.goals), caption="Expected outcomes as a share of their targets.")] if known else []
    )
    told = [listed(review.findings)] if review.findings else []
    return [*told, *chart, goals_table(review.goals), goal_rules_table(review.rules, review.goals)]


def goals_table(goals: pd.DataFrame) -> Display:
    """Each goal with what came before, what is expected and how likely it is.

    Args:
        goals: `GoalReview.goals`.
    """
    if goals.empty:
        return NO_GOALS
    rows = [
        {
            "Goal": row["label"] + (f", {row['market']}" if row["market"] else ""),
            "Until": DASH if pd.isna(row["by"]) else f"{row['by']:%Y-%m-%d}",
            "Before": in_unit(row["before"], row["unit"]),
            "So far": in_unit(row["so_far"], row["unit"]),
            "Target": in_unit(row["target"], row["unit"]),
            "Expected": in_unit(row["expected"], row["unit"]),
            "90% interval": interval(row["lower"], row["upper"], row["unit"]),
            "Chance": chance_text(row["probability"]),
            "Stands": row["verdict"],
        }
        for row in goals.to_dict("records")
    ]
    frame = pd.DataFrame(rows)
    untold = [name for name in ("So far", "Before") if (frame[name] == DASH).all()]
    return table(
        frame.drop(columns=untold),
        caption="Goals. Before: as many days before the goal's own; expected: at the goal's date; chance: share of the model's courses of "
        "events that reach the target.",
    )


def goal_rules_table(rules: pd.DataFrame, goals: pd.DataFrame) -> Display:
    """Whether each goal is specific, measurable, assigned, achievable and time-bound.

    Args:
        rules: `GoalReview.rules`.
        goals: `GoalReview.goals`.
    """
    if rules.empty:
        return NO_GOALS
    marked = rules.assign(mark=[DASH if pd.isna(passed) else MARKS[bool(passed)] for passed in rules["passed"]])
    frame = marked.pivot(index="goal", columns="rule", values="mark")
    frame = frame.loc[rules["goal"].drop_duplicates(), rules["rule"].drop_duplicates().tolist()].reset_index()
    known = goals.set_index("goal")
    frame.insert(1, "owner", frame["goal"].map(known["owner"]).replace("", DASH))
    frame["goal"] = frame["goal"].map(known["label"])
    return table(frame, caption="How well each goal is set; – where it can't be told.")
