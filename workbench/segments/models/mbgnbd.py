"""MBG/NBD: BG/NBD in which customers may leave after their first purchase too.

References:
    Batislam, Denizel, Filiztekin (2007), Empirical validation and comparison of models for customer base analysis,
    International Journal of Research in Marketing 24(3).
"""

from __future__ import annotations

from workbench.segments.models.beta_geometric import BetaGeometric


class MBGNBD(BetaGeometric):
    """Who bought once only may have left at once."""

    name = "MBG/NBD"
    chances_at_start = 1
