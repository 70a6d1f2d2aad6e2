"""What follows from the draws: baseline, contributions, tables."""
