"""Sums of money that come out the same however the engine adds."""

# An engine's threads add in any order, and only exact numbers have the same sum in all of them.
EXACT = "decimal(38, 9)"
