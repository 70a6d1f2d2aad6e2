"""What a new customer is worth by where it came from: groups learn from each other, small ones most."""

from workbench.segments.pooling.pool import Pooled, pool_groups

__all__ = ["Pooled", "pool_groups"]
