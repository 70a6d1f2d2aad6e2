"""Expanding-window holdout: weeks that the model has not seen, foreseen from their media and controls, and scored."""
