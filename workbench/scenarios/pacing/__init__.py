"""How a plan is going: what came against what was planned, where it will end, and why it differs."""
