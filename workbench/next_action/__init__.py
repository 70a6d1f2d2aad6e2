"""Next best action: what to do for each customer, worth most within budgets, capacities and consent."""
