"""Named checks: each says one thing that may be wrong, and its mend."""
