"""Charts draw the result's own numbers and refuse what it doesn't hold."""

from dataclasses import replace

import numpy as np
import pytest

from tests.segments.populations import in_engine, simulate_orders
from workbench.config import Segmentation
from workbench.present.figures import customer_value
from workbench.present.figures import segmentation as figures
from workbench.result import Provenance
from workbench.segments import SegmentationResult, segment_customers


@pytest.fixture(scope="module")
def result() -> SegmentationResult:
    orders = simulate_orders(customers=1500, days=700, seed=5)
    config = Segmentation(require_consent=False)
    return segment_customers(in_engine(orders), None, config, provenance=Provenance(), currency="EUR", seed=1).result


def test_bars_are_as_long_as_the_segments_values(result: SegmentationResult) -> None:
    bars = figures.segment_values(result).axes[0].patches
    values = result.segments.value[result.segments.customers > 0]
    np.testing.assert_allclose([bar.get_width() for bar in reversed(bars)], values)


def test_bubbles_stand_at_share_and_value_per_customer(result: SegmentationResult) -> None:
    shown = result.segments[result.segments.value > 0]
    offsets = figures.value_map(result).axes[0].collections[0].get_offsets()
    np.testing.assert_allclose(offsets, np.column_stack([shown.share_of_customers, shown.value / shown.customers]))


def test_calibration_lines_end_at_the_totals(result: SegmentationResult) -> None:
    lines = customer_value.calibration(result).axes[0].lines
    deciles = result.calibration[result.calibration.view == "decile"]
    ends = [line.get_ydata()[-1] for line in lines]
    np.testing.assert_allclose(ends, [deciles.expected.sum(), deciles.actual.sum()], rtol=1e-6)


def test_activity_map_separates_segments_at_the_cutoffs(result: SegmentationResult) -> None:
    champions, at_risk, loyal, dormant = (
        np.asarray(each.get_offsets()) for each in figures.activity_and_value(result).axes[0].collections[:4]
    )
    assert champions[:, 0].min() >= 0.5 > max(at_risk[:, 0].max(), dormant[:, 0].max())
    assert min(champions[:, 1].min(), at_risk[:, 1].min()) >= result.cutoffs.high_value > loyal[:, 1].max()


def test_what_was_not_estimated_is_not_drawn(result: SegmentationResult) -> None:
    with pytest.raises(ValueError, match="holdout"):
        customer_value.calibration(replace(result, calibration=result.calibration.iloc[:0]))
    with pytest.raises(ValueError, match="still active"):
        figures.activity_and_value(replace(result, dots=result.dots.iloc[:0]))
