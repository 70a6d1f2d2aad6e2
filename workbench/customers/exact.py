"""Sums of money that come out the same however the engine adds."""

# An engine's threads add in any order, and only exact numbers have the same sum in all of them.
EXACT = "decimal(38, 9)"
# The same digits in half the bytes, for amounts whose size is known to be below `LARGEST_SHORT`.
SHORT_EXACT = "decimal(18, 9)"
LARGEST_SHORT = 1e8


def exact_for(largest: float) -> str:
    """The type in which amounts up to `largest`, whatever their sign, add up exactly: the digits don't depend on it."""
    return SHORT_EXACT if largest < LARGEST_SHORT else EXACT
