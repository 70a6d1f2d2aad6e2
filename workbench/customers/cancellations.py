"""Which orders came back whole: a return cancels the latest order before it of the same customer and amount."""

from __future__ import annotations

import ibis
from ibis import _

from workbench.customers.exact import EXACT

SAME = ("customer_id", "amount")


def with_cancellations(orders: ibis.Table) -> ibis.Table:
    """The orders with what became of each.

    Orders and returns of one customer and amount are brackets in the order of time: a return closes the one that was opened last.
    Brackets of one depth open and close by turns, so that each is matched with its neighbour.

    Args:
        orders: customer_id, ordered_at, day, revenue, profit, test, cancelled_on, cancels. Test orders, orders of nobody and orders
            of nothing match none.

    Returns:
        `orders` with `cancelled_on` (day of the return; NULL where there is none) and `cancels` (whether it takes an order back).
    """
    can_match = orders.customer_id.notnull() & (orders.revenue != 0) & ~orders.test
    rows = orders.mutate(amount=can_match.ifelse(orders.revenue.abs(), ibis.null("float64")).cast(EXACT))
    returned = rows.filter(rows.amount.notnull() & (rows.revenue < 0)).select(*SAME).distinct()
    matched = _matched(rows.semi_join(returned, SAME))
    # Few orders share customer and amount with a return: the others needn't be sorted.
    untouched = rows.anti_join(returned, SAME)
    return matched.select(*orders.columns).union(untouched.select(*orders.columns))


def _matched(brackets: ibis.Table) -> ibis.Table:
    # Of one moment the order comes before its return.
    in_time = [_.ordered_at, _.revenue.desc(), _.profit]
    opens = _.revenue > 0
    so_far = ibis.window(group_by=SAME, order_by=in_time, rows=(None, 0))
    turns = ibis.window(group_by=(*SAME, "depth"), order_by=in_time)
    deep = brackets.mutate(depth=opens.ifelse(1, -1).sum().over(so_far) + opens.ifelse(0, 1))
    beside = deep.mutate(next_day=_.day.lead().over(turns), before=_.revenue.lag().over(turns))
    return beside.mutate(
        cancelled_on=opens.ifelse(_.next_day, ibis.null("date")), cancels=~opens & (_.before > 0).fill_null(False)
    )
