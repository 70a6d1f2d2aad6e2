"""Past campaigns: which were drawn at random and so show what actions change, and what their customers bought afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from workbench.config.customers import NextBestAction
from workbench.customers.holdout import in_holdout
from workbench.customers.settled import settled
from workbench.errors import DataError
from workbench.next_action.people import People, as_day, day_before
from workbench.next_action.records import records

CONTROL = "none"
MOST_ROWS = 500_000
LEAST_IN_ARM = 50
KEYS = ("campaign_id", "customer_id", "contacted_at", "action", "probability")


@dataclass(frozen=True, kw_only=True)
class Logged:
    """Contacts of randomised campaigns, those who were drawn to get none included.

    Attributes:
        rows: One row a contact: campaign_id, customer_id, contacted_at, action (as declared; `none` for the control), probability,
            outcome (profit within the horizon, before costs; currency), and what was known of the customer the day before.
        evidence: One row an action and campaign: action, campaign, contacted, control, drawn (whether it shows an effect), reason.
        unknown: Contacts of people of whom nothing may be or is known.
        contacts: All contacts of the campaigns that are learnt from.
    """

    rows: pd.DataFrame
    evidence: pd.DataFrame
    unknown: int
    contacts: int

    def campaigns_of(self, action: str) -> list[str]:
        """Randomised campaigns that drew an action."""
        shown = self.evidence[(self.evidence.action == action) & self.evidence.drawn]
        return list(shown.campaign)


def logged_contacts(contacts: ibis.Table | None, people: People, spec: NextBestAction) -> Logged:
    """Read the declared campaigns and keep those that were drawn at random.

    Args:
        contacts: Canonical table, None where it isn't mapped.
        people: Whose features and purchases may be read.
        spec: Actions with their campaigns, and how long after a contact its effect is counted: contacts whose horizon isn't over are
            left out.

    Raises:
        DataError: If a campaign that an action names isn't in the table, or doesn't hold the action.
    """
    horizon_days = spec.horizon_days
    summary = _summary(contacts, people.last_day, horizon_days)
    evidence = pd.DataFrame(
        [_judge(summary, name, campaign) for name, action in spec.actions.items() for campaign in action.campaigns],
        columns=["action", "campaign", "contacted", "control", "drawn", "reason", "named"],
    )
    drawn = evidence[evidence.drawn]
    if contacts is None or drawn.empty:
        return Logged(rows=pd.DataFrame(columns=[*KEYS, "outcome"]), evidence=evidence, unknown=0, contacts=0)
    wanted = settled(_wanted(contacts, drawn, people.last_day, horizon_days))
    total = int(wanted.count().execute())
    rows = pd.concat(
        [_with_outcome(part, day, people, horizon_days) for day, part in _weeks(wanted, total)], ignore_index=True
    )
    names = {(row.campaign, row.named): row.action for row in records(drawn)}
    pairs = zip(rows.campaign_id, rows.action, strict=True)
    rows["action"] = [names.get((campaign, named), named) for campaign, named in pairs]
    kept = rows.sort_values(["campaign_id", "customer_id"], kind="stable", ignore_index=True)
    return Logged(rows=kept, evidence=evidence, unknown=_sampled(total) - len(kept), contacts=_sampled(total))


def _summary(contacts: ibis.Table | None, last_day: date, horizon_days: int) -> pd.DataFrame:
    columns = ["campaign_id", "action", "contacts", "chances", "rows"]
    if contacts is None:
        return pd.DataFrame(columns=columns)
    probability = contacts.probability if "probability" in contacts.columns else ibis.null("float64")
    rows = contacts.mutate(probability=probability, over=_is_over(contacts, last_day, horizon_days))
    counted = rows.group_by("campaign_id", "action").aggregate(
        contacts=rows.count(where=rows.over),
        chances=rows.count(where=rows.over & (rows.probability > 0) & (rows.probability < 1)),
        rows=rows.count(),
    )
    return counted.order_by("campaign_id", "action").to_pandas()


def _is_over(contacts: ibis.Table, last_day: date, horizon_days: int) -> ibis.ir.BooleanValue:
    return contacts.contacted_at.cast("date") <= ibis.literal(last_day - timedelta(days=horizon_days - 1))


def _judge(summary: pd.DataFrame, action: str, campaign: str) -> tuple[str, str, int, int, bool, str, str]:
    """Whether a campaign shows what an action changes, and why not."""
    held = summary[summary.campaign_id == campaign]
    if held.empty:
        known = ", ".join(dict.fromkeys(summary.campaign_id)) or "none, since the table isn't mapped or holds no rows"
        raise DataError(
            f"next_best_action.actions.{action} names the campaign {campaign!r}, which contacts don't hold; they hold {known}: "
            "correct the name or map the table"
        )
    named = _named(held, action, campaign)
    here, control = held[held.action == named].iloc[0], held[held.action == CONTROL]
    contacted, left = int(here.contacts), int(control.contacts.sum())
    arms = pd.concat([held[held.action == named], control])
    reason = ""
    if control.empty:
        reason = "it had no control group"
    elif int(arms.chances.sum()) < int(arms.contacts.sum()):
        reason = "it does not record with which probability each customer was drawn"
    elif min(contacted, left) < LEAST_IN_ARM:
        reason = f"fewer than {LEAST_IN_ARM} customers were contacted or left alone whose {'' if contacted or left else 'whole '}horizon is over"
    return action, campaign, contacted, left, not reason, reason, named


def _named(held: pd.DataFrame, action: str, campaign: str) -> str:
    """What the table calls the action: its name, or the only thing that the campaign did."""
    done = [name for name in held.action if name != CONTROL]
    if action in done:
        return action
    if len(done) == 1:
        return str(done[0])
    raise DataError(
        f"contacts of {campaign} hold the actions {', '.join(done) or 'of the control group alone'}, none of them {action!r}; call "
        f"the action in [next_best_action.actions] as contacts do"
    )


def _wanted(contacts: ibis.Table, drawn: pd.DataFrame, last_day: date, horizon_days: int) -> ibis.Table:
    rows = contacts.filter(contacts.campaign_id.isin(list(dict.fromkeys(drawn.campaign))))
    rows = rows.filter(_is_over(rows, last_day, horizon_days), rows.probability > 0)
    return rows.select(*KEYS)


def _sampled(total: int) -> int:
    return min(total, MOST_ROWS)


def _weeks(wanted: ibis.Table, total: int) -> list[tuple[date, ibis.Table]]:
    """Contacts of one week together, with its first day of contact: features are made as of the day before it."""
    if total > MOST_ROWS:
        wanted = wanted.filter(in_holdout(wanted.customer_id, salt="logged contacts", share=MOST_ROWS / total))
    week = wanted.contacted_at.cast("date").truncate("W")
    firsts = wanted.group_by(week=week).aggregate(first=wanted.contacted_at.min()).order_by("week").to_pandas()
    return [
        (as_day(first), wanted.filter(week == ibis.literal(as_day(start))))
        for start, first in zip(firsts.week, firsts["first"], strict=True)
    ]


def _with_outcome(part: ibis.Table, first_day: date, people: People, horizon_days: int) -> pd.DataFrame:
    known = people.features(day_before(first_day)).drop("as_of")
    rows = part.mutate(contact_day=part.contacted_at.cast("date")).inner_join(known, "customer_id")
    bought, counts = people.population.purchases, people.population.counts
    window = bought.filter(
        (bought.day >= ibis.literal(first_day))
        & (bought.day < ibis.literal(first_day + timedelta(days=horizon_days + 7)))
    )
    starts = part.select("campaign_id", "customer_id", contact_day=part.contacted_at.cast("date"))
    joined = starts.inner_join(window, "customer_id")
    after = joined.day.delta(joined.contact_day, unit="day")
    spent = joined.filter((after >= 0) & (after < horizon_days)).group_by("campaign_id", "customer_id")
    revenue = spent.aggregate(revenue=lambda each: each.revenue.sum().cast("float64"))
    found = rows.left_join(revenue, ["campaign_id", "customer_id"]).drop("campaign_id_right", "customer_id_right")
    frame = found.drop("contact_day").to_pandas()
    return frame.assign(outcome=np.nan_to_num(frame.revenue.to_numpy(dtype=float)) * counts.profit_share).drop(
        columns="revenue"
    )
