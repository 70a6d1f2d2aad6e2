"""BG/NBD: purchases at a gamma-distributed rate, dropout with beta-distributed probability after each repeat purchase.

References:
    Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model,
    Marketing Science 24(2).
"""

from __future__ import annotations

from workbench.segments.models.beta_geometric import BetaGeometric


class BGNBD(BetaGeometric):
    """Who bought once only can't have left: such customers are all alive."""

    name = "BG/NBD"
    chances_at_start = 0
