"""Named checks of how the model foresees weeks that it has not seen."""

from __future__ import annotations

from workbench.mmm.holdout.expanding import DRAWN_LEVEL, Holdout
from workbench.mmm.holdout.origins import LEAST_HISTORY, LEAST_HORIZON
from workbench.result import Check
from workbench.wording import money, percent

# Where media have no effect, chance alone makes the model with them better by a few percent, or worse.
HELP_LIMIT = 0.95


def holdout_checks(holdout: Holdout) -> tuple[Check, ...]:
    """`holdout` and `holdout_without_media`."""
    if not holdout.coverage:
        needed = LEAST_HISTORY + LEAST_HORIZON
        detail = (
            f"No weeks could be held out: it takes {needed} weeks of sales, with spend in every channel and sales in every "
            f"market in the first {LEAST_HISTORY}."
        )
        return (Check(name="holdout", passed=None, detail=detail),)
    return holdout_check(holdout), media_help_check(holdout)


def holdout_check(holdout: Holdout) -> Check:
    """Fails where last year's weeks foresee better, or where the intervals hold too seldom or too often to be chance."""
    ratio = holdout.score() / holdout.score("crps_seasonal_naive")
    wrong = [coverage for coverage in holdout.coverage if not coverage.plausible]
    shown = (wrong or [coverage for coverage in holdout.coverage if coverage.level == DRAWN_LEVEL])[0]
    found = (
        f"In {holdout.origins} × {holdout.horizon} weeks that it had not seen, the model was off by {_error(holdout, 'crps')} a "
        f"week (last year's weeks as a forecast: {_error(holdout, 'crps_seasonal_naive')}), with {percent(shown.found, 0)} of weeks "
        f"inside the {percent(shown.level, 0)} interval (by chance {percent(shown.least, 0)} to {percent(shown.most, 0)})"
    )
    faults = [*["last year's weeks foresee better"] * (ratio > 1), *["its intervals are wrong"] * bool(wrong)]
    mend = f"; {' and '.join(faults)}: look for a change in these weeks that no control tells of" if faults else ""
    return Check(name="holdout", passed=not faults, value=ratio, threshold=1.0, detail=f"{found}{mend}.")


def media_help_check(holdout: Holdout) -> Check:
    """Fails where weeks are foreseen about as well without media: then the returns rest on something else than the KPI."""
    ratio = holdout.score() / holdout.score("crps_without_media")
    found = (
        f"In weeks that it had not seen, the model was off by {_error(holdout, 'crps')} a week, and by "
        f"{_error(holdout, 'crps_without_media')} without media"
    )
    mend = "; media add little to the forecast, so the returns rest on assumptions and tests: run a test"
    return Check(
        name="holdout_without_media",
        passed=bool(ratio <= HELP_LIMIT),
        value=ratio,
        threshold=HELP_LIMIT,
        detail=f"{found}{'' if ratio <= HELP_LIMIT else mend}.",
    )


def _error(holdout: Holdout, of: str) -> str:
    return money(holdout.score(of), holdout.currency)
