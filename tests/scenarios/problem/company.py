"""Planning problems of the small company."""

import pandas as pd

from tests.scenarios.small_company import small_media_mix
from workbench.config.planning import Planning
from workbench.scenarios.problem import Problem, build_problem

WEEKS = 80


def problem_of(
    *, horizon_weeks: int = 13, commitments: pd.DataFrame | None = None, media_mix=None, **planning
) -> Problem:
    media_mix = media_mix or small_media_mix(draws=40, weeks=WEEKS)
    return build_problem(
        media_mix.response,
        pd.Timestamp(media_mix.posterior["week"].to_numpy()[-1]),
        Planning.model_validate(planning),
        horizon_weeks=horizon_weeks,
        currency="EUR",
        group_of={"tv": "brand", "search": "performance", "social": "performance"},
        commitments=commitments,
    )


def rule_of(problem: Problem, name: str):
    return next(rule for rule in problem.limits.rules if rule.name == name)


def bookings(*rows: tuple[int, str, str, float], until: str | None = None) -> pd.DataFrame:
    """Week of the plan (0 is the first), market, channel, currency."""
    first = pd.Timestamp("2024-01-01") + pd.Timedelta(weeks=WEEKS)
    frame = pd.DataFrame(rows, columns=["week", "market", "channel", "spend"])
    return frame.assign(
        week=first + pd.to_timedelta(7 * frame["week"], unit="D"), cancellable_until=pd.to_datetime(until)
    )
