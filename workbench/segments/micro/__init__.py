"""Groups within segments: what customers like, where they are reached, and what they will probably do."""
