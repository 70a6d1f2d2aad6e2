"""Channels and markets in rows bear the workspace's labels, and never two the same one."""

import ibis
import pandas as pd

from workbench.config import WorkspaceConfig
from workbench.data.labelled import labelled


def test_rows_bear_labels_and_what_has_none_keeps_its_name() -> None:
    config = WorkspaceConfig.model_validate(
        {
            "workspace": {"name": "Shop"},
            "channels": {"tv": {"label": "TV"}, "ctv": {"label": "TV"}, "search": {"label": "Search"}, "mail": {}},
            "markets": {"DE": {"label": "Germany"}},
        }
    )
    raw = pd.DataFrame(
        {
            "customer_id": list("abcdef"),
            "acquisition_channel": ["tv", "ctv", "search", "mail", "friend", None],
            "market": ["DE", "FR", "DE", None, "DE", "DE"],
        }
    )
    found = labelled(ibis.memtable(raw), config).order_by("customer_id").to_pandas()
    assert found.acquisition_channel[:5].tolist() == ["TV (tv)", "TV (ctv)", "Search", "mail", "friend"]
    assert pd.isna(found.acquisition_channel[5])
    assert found.market[:3].tolist() == ["Germany", "FR", "Germany"]
    bare = WorkspaceConfig.model_validate({"workspace": {"name": "Shop"}})
    assert labelled(ibis.memtable(raw), bare).order_by("customer_id").to_pandas().equals(raw)
