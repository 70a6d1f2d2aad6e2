"""What is said above the curve of budgets is what the curve shows."""

import pandas as pd
import pytest

from workbench.present.figures.next_action import _budget_headline


@pytest.mark.parametrize(
    ("profit", "said"),
    [
        ([100.0, 200.0, 300.0], "Up to €100 more"),
        ([300.0, 200.0, 100.0], "€500 would do better"),
        ([100.0, 200.0, 200.5], "More brings little"),
    ],
)
def test_the_headline_names_the_better_budget(profit, said):
    rows = pd.DataFrame({"budget": [500.0, 1000.0, 2000.0], "profit": profit})
    assert _budget_headline(rows, 1000.0, "EUR") == said
