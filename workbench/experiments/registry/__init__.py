"""The memory of all tests: what each found, what past ones teach about the next, and what did not last."""
