"""Scores: how likely each customer or lead is to do something, how far to believe it, and whom to act on."""
