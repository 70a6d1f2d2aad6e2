"""The decision whether the planned contacts are made."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.present.pack.amounts import counted, day, found, listed
from workbench.present.pack.decision import Decision, doubt
from workbench.present.pack.material import Material
from workbench.wording import count, money


def contact_decisions(material: Material) -> Iterator[Decision]:
    """None where nobody is to be contacted."""
    if (used := material.contacts) is None:
        return
    result = used.result
    profit = found(result, "incremental_profit", "the plan")
    sent = result.actions[result.actions["customers"] > 0]
    if profit is None or sent.empty:
        return
    facts = result.facts
    what = listed([f"{row['label']} to {count(row['customers'])}" for row in sent.to_dict("records")])
    failed = len(result.failed_checks)
    why = [
        f"It costs {money(facts.spent, result.currency)} and is expected to bring "
        f"{money(profit.estimate, result.currency)} more profit within {facts.horizon_days} days than contacting nobody. {doubt(profit)}"
    ]
    if failed:
        why.append(f"{counted(failed, 'check')} of this plan failed; the appendix tells which.")
    yield Decision(
        key="contacts/send",
        title=f"Send {what} customers",
        why=tuple(why),
        stake=profit,
        stake_is=f"profit after costs, {facts.horizon_days} days",
        due=f"soon: customers were chosen by what was known on {day(facts.day)}",
        otherwise=f"{money(facts.spent, result.currency)} is saved, and whether the contacts pay stays unknown."
        if profit.lower <= 0
        else f"{money(profit.estimate, result.currency)} of profit isn't made.",
        run_id=used.run_id,
    )
