"""A stable random share of customers: who is in it follows from the id alone, on every engine, day and machine."""

from __future__ import annotations

import ibis
from ibis import ir

from workbench.data.digests import md5_digits
from workbench.errors import SpecError

_DIGITS = "0123456789abcdef"
_TAKEN = 7
PLACES = len(_DIGITS) ** _TAKEN


def in_holdout(id_column: ir.StringValue, *, salt: str, share: float) -> ir.BooleanValue:
    """Whether an id falls into the share that is left alone.

    The md5 of `salt:id` is as good as random: independent of everything known of a customer, and under another salt of this holdout.
    A larger share holds everybody whom a smaller one held.

    Args:
        id_column: Column of ids; NULL stays NULL.
        salt: Names the purpose: one salt, one holdout for as long as it is used.
        share: Expected share of ids, in [0, 1].

    Raises:
        SpecError: If the share isn't one.
    """
    return within_share(hash_position(id_column, salt=salt), share)


def within_share(place: ir.IntegerValue, share: float) -> ir.BooleanValue:
    """`in_holdout`, given each id's `hash_position`.

    Raises:
        SpecError: If the share isn't one.
    """
    if not 0 <= share <= 1:
        raise SpecError(f"the holdout's share is {share}; give a number from 0 to 1")
    return place < round(share * PLACES)


def hash_position(id_column: ir.StringValue, *, salt: str) -> ir.IntegerValue:
    """Where an id falls on a line of `PLACES` places: the first digits of its md5, read as a number."""
    engine = id_column.get_backend().name
    digest = md5_digits(ibis.literal(f"{salt}:") + id_column, engine)
    if engine == "duckdb":
        return (ibis.literal("0x") + digest.substr(0, _TAKEN)).cast("int64")
    # Digits are looked up one by one: engines differ in how they read hexadecimal text, and locales in how they order it.
    places = [ibis.literal(_DIGITS).find(digest.substr(at, 1)) for at in range(_TAKEN)]
    position = places[0].cast("int64")
    for place in places[1:]:
        position = position * len(_DIGITS) + place
    return position
