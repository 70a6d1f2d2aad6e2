"""Channels and markets in rows bear the workspace's labels, and never two the same one."""

import ibis
import pandas as pd

from workbench.config import WorkspaceConfig
from workbench.data.labelled import labelled, labelled_groups, labels_of


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


def test_groups_that_are_compared_bear_labels_and_never_become_one() -> None:
    config = WorkspaceConfig.model_validate(
        {"workspace": {"name": "Shop"}, "channels": {"tv": {"label": "TV"}, "search": {"label": "Search"}}}
    )
    raw = pd.DataFrame({"channel": ["tv", "TV", "search", None], "age": ["tv", "old", "old", "old"]}, dtype="str")
    found = labelled_groups(raw, labels_of(config))
    assert found.channel[:3].tolist() == ["TV (tv)", "TV (TV)", "Search"]
    assert pd.isna(found.channel[3])
    assert found.age.equals(raw.age)
    assert labelled_groups(raw.astype("category"), labels_of(config)).channel.astype("str").equals(found.channel)
