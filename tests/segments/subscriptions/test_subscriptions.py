"""Subscriptions on simulated plans whose later renewals are known, and lifetimes counted by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from tests.segments.populations import in_engine
from workbench.config.customers import Subscriptions
from workbench.errors import DataError, FitError
from workbench.segments.subscriptions import SubscriptionValues, subscription_lifetimes, value_subscriptions
from workbench.segments.subscriptions.lifetimes import renewals_between

AS_OF, HORIZON = date(2024, 12, 31), 12
PLANS = {"basic": (0.8, 4.0, 5.0, 1500), "premium": (0.6, 1.2, 20.0, 800), "new": (0.6, 1.2, 20.0, 12)}


def simulate(seed: int, alike: bool = False) -> pd.DataFrame:
    """Monthly subscriptions of four years; ends are known for ever, `renewals` and `months` are the truth behind them."""
    rng, parts = np.random.default_rng(seed), []
    for plan, (alpha, beta, price, size) in PLANS.items():
        month, day = rng.integers(0, 46, size), rng.integers(1, 29, size)
        chance = np.maximum(rng.beta(alpha, beta, size), 1e-4)
        lasted = 12 * (1 + rng.integers(0, 3, size)) if alike else np.minimum(rng.geometric(chance), 2000)
        start, end = (
            pd.PeriodIndex(pd.Period("2021-01", "M") + each).to_timestamp() for each in (month, month + lasted)
        )
        days = pd.to_timedelta(day - 1, unit="D")
        parts.append(
            pd.DataFrame(
                {
                    "subscription_id": [f"{plan}{number}" for number in range(size)],
                    "customer_id": "c",
                    "started_at": start + days,
                    "ended_at": end + days,
                    "price": price * rng.choice([1.0, 1.5], size),
                    "plan": plan,
                    "lasted": lasted,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def valued(frame: pd.DataFrame, **changes: float) -> SubscriptionValues:
    settings = {"annual_discount_rate": 0.0, "margin": 1.0, "seed": 1} | changes
    table = in_engine(frame.drop(columns="lasted", errors="ignore"), "subscriptions")
    return value_subscriptions(table, Subscriptions(horizon=HORIZON), as_of=AS_OF, **settings)  # type: ignore[arg-type]


def true_renewals(frame: pd.DataFrame) -> pd.DataFrame:
    """Of the subscriptions that run on the day: renewals within the horizon and what they pay, from the simulated ends."""
    running = frame[frame.ended_at > pd.Timestamp(AS_OF)]
    months = 12 * (AS_OF.year - running.started_at.dt.year) + AS_OF.month - running.started_at.dt.month
    ahead = np.minimum(running.lasted - 1 - months, HORIZON)
    return pd.DataFrame({"plan": running.plan, "renewals": ahead, "value": ahead * running.price})


@pytest.fixture(scope="module")
def world() -> pd.DataFrame:
    return simulate(1)


@pytest.fixture(scope="module")
def values(world: pd.DataFrame) -> SubscriptionValues:
    return valued(world)


def test_parameters_of_the_simulated_plans_are_recovered(values: SubscriptionValues) -> None:
    table = values.table.set_index("plan")
    for plan in ("basic", "premium"):
        np.testing.assert_allclose(table.loc[plan, ["alpha", "beta"]].astype(float), PLANS[plan][:2], rtol=0.35)
    assert table.fitted_on.to_dict() == {"basic": "basic", "premium": "premium", "new": "all plans"}


def test_the_next_year_brings_what_was_expected(world: pd.DataFrame, values: SubscriptionValues) -> None:
    truth = true_renewals(world).groupby("plan").agg(renewals=("renewals", "mean"), value=("value", "sum"))
    for row in values.table[values.table.fitted_on != "all plans"].itertuples():
        assert row.remaining_periods_lower <= truth.renewals[row.plan] <= row.remaining_periods_upper
        assert row.value_lower <= truth.value[row.plan] <= row.value_upper
        assert row.active == (true_renewals(world).plan == row.plan).sum()


def test_renewals_were_foreseen_and_retention_is_followed(values: SubscriptionValues) -> None:
    assert [check.passed for check in values.checks] == [True, True]


def test_contracts_of_whole_years_are_seen_not_to_follow_the_model() -> None:
    """Subscriptions that end only after 12, 24 or 36 months break the model's steady hazard."""
    check = next(each for each in valued(simulate(2, alike=True)).checks if each.name == "subscription_retention")
    assert check.passed is False
    assert "yearly contracts" in check.detail


def test_observed_retention_is_that_of_all_subscriptions_where_none_is_cut_off(values: SubscriptionValues) -> None:
    """Kaplan and Meier against the share that the simulation lets live, within four standard errors."""
    own = simulate(1)
    basic = values.retention[values.retention.plan == "basic"].set_index("renewals")
    for renewals in (1, 5, 12):
        share = (own[own.plan == "basic"].lasted > renewals).mean()
        assert basic.observed[renewals] == pytest.approx(share, abs=4 * basic.observed_error[renewals])
        assert 0 < basic.observed_error[renewals] < 0.03


def test_discount_and_margin_lower_the_value_and_not_the_periods(
    world: pd.DataFrame, values: SubscriptionValues
) -> None:
    plain, less = values.table, valued(world, margin=0.5, annual_discount_rate=0.2).table
    np.testing.assert_allclose(less.remaining_periods, plain.remaining_periods)
    # Renewals of a year are discounted by half a year on average, a little less because early ones are surer.
    assert (less.value / plain.value).between(0.5 * 1.2**-0.5, 0.5 * 1.2**-0.4).all()


def test_intervals_hold_what_comes_nineteen_times_in_twenty() -> None:
    held = []
    for seed in range(20, 28):
        frame = simulate(seed)
        truth = true_renewals(frame).groupby("plan").value.sum()
        table = valued(frame).table.set_index("plan")
        held += [table.value_lower[plan] <= truth[plan] <= table.value_upper[plan] for plan in ("basic", "premium")]
    # 15.2 of 16 expected; fewer than 13 has a probability of 0.7%.
    assert sum(held) >= 13


def test_without_prices_there_are_periods_and_no_value(world: pd.DataFrame) -> None:
    table = valued(world.drop(columns=["price", "plan"])).table
    assert table.plan.tolist() == ["all plans"]
    assert table.remaining_periods.notna().all()
    assert table.value.isna().all()


BY_HAND = pd.DataFrame(
    [
        ("ends after its first month", "2024-01-15", "2024-02-15"),
        ("ends a day into its second", "2024-01-15", "2024-02-16"),
        ("ends on the day it started", "2024-01-15", "2024-01-15"),
        ("starts on a day that February lacks", "2024-01-31", "2024-02-29"),
        ("runs, three renewals", "2024-01-15", None),
        ("ends later, two renewals so far", "2024-01-31", "2024-07-01"),
        ("not started yet", "2024-05-01", None),
    ],
    columns=["subscription_id", "started_at", "ended_at"],
).assign(
    customer_id="c", started_at=lambda f: pd.to_datetime(f.started_at), ended_at=lambda f: pd.to_datetime(f.ended_at)
)


def test_lifetimes_counted_by_hand() -> None:
    counts = subscription_lifetimes(in_engine(BY_HAND), as_of=date(2024, 4, 15), period="month")
    assert counts[["renewals", "ended", "active"]].to_numpy().tolist() == [[0, 3, 0], [1, 1, 0], [2, 0, 1], [3, 0, 1]]
    weekly = subscription_lifetimes(in_engine(BY_HAND), as_of=date(2024, 4, 15), period="week")
    # 31 days hold four whole weeks, of which the last is not renewed on the day that would begin the next: 30 // 7.
    assert weekly[weekly.ended > 0][["renewals", "ended"]].to_numpy().tolist() == [[0, 1], [4, 3]]


def test_renewals_between_two_days_counted_by_hand() -> None:
    """Of those that run on 15 February: one makes none, one two (15 March, 15 April), one two (29 February or 1 March, 31 March)."""
    assert renewals_between(in_engine(BY_HAND), earlier=date(2024, 2, 15), later=date(2024, 4, 15), period="month") == 4


@pytest.mark.parametrize(("period", "step"), [("month", "months"), ("year", "years"), ("week", "weeks")])
def test_renewals_are_due_on_the_days_that_the_calendar_gives(period: str, step: str) -> None:
    """Starts on any day, the 29th to 31st of months that others lack among them, against pandas' steps along the calendar."""
    rng = np.random.default_rng(1)
    start = pd.Timestamp("2022-12-25") + pd.to_timedelta(rng.integers(0, 500, 400), unit="D")
    end = start + pd.to_timedelta(rng.integers(1, 800, 400), unit="D")
    known = pd.Timestamp("2024-02-29")
    open_ = pd.Series(rng.random(400) < 0.4) | (end > known)
    frame = pd.DataFrame({"subscription_id": range(400), "started_at": start, "ended_at": pd.Series(end).mask(open_)})
    frame = frame[frame.started_at <= known]

    def renewals(first: pd.Timestamp, last: pd.Timestamp) -> int:
        return next(n for n in range(200) if first + pd.DateOffset(**{step: n + 1}) > last)  # type: ignore[arg-type]

    def made(row: object) -> int:
        ended = not pd.isna(row.ended_at)  # type: ignore[attr-defined]
        return renewals(row.started_at, row.ended_at - pd.Timedelta(days=1) if ended else known)  # type: ignore[attr-defined]

    expected = pd.Series([made(row) for row in frame.itertuples()]).value_counts().sort_index()
    counts = subscription_lifetimes(in_engine(frame), as_of=known.date(), period=period)  # type: ignore[arg-type]
    assert dict(zip(counts.renewals, counts.ended + counts.active, strict=True)) == expected.to_dict()


def test_who_ends_and_comes_back_has_two_lifetimes() -> None:
    twice = BY_HAND.iloc[[0, 4]].assign(customer_id="the same", started_at=pd.to_datetime(["2024-01-15", "2024-03-15"]))
    counts = subscription_lifetimes(in_engine(twice), as_of=date(2024, 4, 15), period="month")
    assert counts[["renewals", "ended", "active"]].to_numpy().tolist() == [[0, 1, 0], [1, 0, 1]]


def test_where_all_left_at_once_the_model_is_seen_not_to_follow() -> None:
    """Five hundred that ran for exactly a quarter, and some that have just begun."""
    start = pd.to_datetime(["2024-01-15"] * 500 + ["2024-12-01"] * 100)
    end = pd.Series(pd.to_datetime(["2024-04-15"] * 500)).reindex(range(600))
    frame = pd.DataFrame({"subscription_id": range(600), "customer_id": "c", "started_at": start, "ended_at": end})
    checks = {check.name: check for check in valued(frame.assign(price=1.0)).checks}
    assert checks["subscription_retention"].passed is False
    with pytest.raises(FitError, match="0 subscriptions have ended"):
        valued(frame.assign(ended_at=pd.NaT, price=1.0))


def test_an_end_before_its_start_is_named() -> None:
    wrong = BY_HAND.assign(ended_at=BY_HAND.ended_at.mask(BY_HAND.index == 1, pd.Timestamp("2023-12-01")))
    with pytest.raises(
        DataError,
        match=r"ended_at is before started_at in 1 rows \(first: subscription ends a day into its second, 2024",
    ):
        subscription_lifetimes(in_engine(wrong), as_of=date(2024, 4, 15), period="month")


def test_too_few_ends_are_one_clear_sentence() -> None:
    with pytest.raises(FitError, match="4 subscriptions have ended"):
        valued(BY_HAND.assign(plan="a", price=1.0).iloc[:6].assign(ended_at=lambda f: f.ended_at.where(f.index < 4)))
