"""How exposure becomes effect: carry-over over weeks, diminishing returns."""
