"""The sample company's channels, whose customers differ in how often they buy by known multiples."""

from pathlib import Path

import pandas as pd
import pytest

from tests.segments.populations import in_engine
from workbench.config.customers import Segmentation
from workbench.data.synthetic import write_sample
from workbench.data.synthetic.business import CHANNELS
from workbench.result import Provenance
from workbench.segments import segment_customers


@pytest.mark.slow
def test_channels_come_out_in_the_order_of_their_quality_and_spend_buys_all_customers(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample", customers=30_000)
    orders, customers, media = (
        pd.read_parquet(tmp_path / f"sample/{name}.parquet") for name in ("transactions", "customers", "media")
    )
    result = segment_customers(
        in_engine(orders),
        in_engine(customers, "customers"),
        Segmentation(models=("BG/NBD",)),
        media=in_engine(media, "media"),
        provenance=Provenance(),
        currency="EUR",
        seed=1,
    ).result
    channels = result.channels.set_index("channel")
    quality = {channel.name: channel.quality for channel in CHANNELS}
    assert channels.ltv[list(quality)].idxmax() == max(quality, key=lambda name: quality[name]) == "search"
    assert channels.ltv[list(quality)].idxmin() == min(quality, key=lambda name: quality[name]) == "display"
    assert channels.lower["search"] > channels.upper["display"]
    first = orders[orders.customer_id.notna()].groupby("customer_id").ordered_at.min()
    bought = customers.set_index("customer_id").acquisition_channel[first.index].value_counts()
    spent = media.groupby("channel").spend.sum()
    for name in quality:
        assert channels.acquired[name] == bought[name] > channels.customers[name]
        assert channels.cac[name] == pytest.approx(spent[name] / bought[name])
        assert channels.ltv_to_cac[name] == pytest.approx(channels.ltv[name] / channels.cac[name])
    assert pd.isna(channels.cac["organic"])
