"""What a report shows of the run before."""

from dataclasses import replace

import numpy as np
import pytest

from tests.mmm.posteriors import orders_and_impressions, result_of
from tests.present.overlaps import unreadable_text
from workbench.mmm.result import MediaMixResult
from workbench.present.figures.media_mix_since import returns_then_and_now, since_in_words, since_last_run
from workbench.result import Check


@pytest.fixture(scope="module")
def last() -> MediaMixResult:
    return result_of(orders_and_impressions())


def with_return(result: MediaMixResult, channel: str, to: float) -> MediaMixResult:
    estimates = result.estimates.copy()
    estimates.loc[(estimates.quantity == "roas") & (estimates.entity == channel), "estimate"] = to
    return replace(result, estimates=estimates)


def test_each_channel_has_both_intervals(last):
    now = with_return(last, "channel 0", 1.01 * last.estimate("roas", "channel 0").upper)
    figure = returns_then_and_now(now, last)
    (ax,) = figure.axes
    drawn = [tuple(line.get_xdata()) for line in ax.lines]
    for result in (now, last):
        for channel in result.response.channels:
            roas = result.estimate("roas", channel)
            assert any(np.allclose(line, (roas.lower, roas.upper)) for line in drawn)
            assert any(np.allclose(line, (roas.estimate,)) for line in drawn)
    assert ax.get_title(loc="left").startswith("TV: the return is outside")
    assert unreadable_text(figure) == []


def test_a_return_where_it_was_expected_is_called_so(last):
    (ax,) = returns_then_and_now(last, last).axes
    assert ax.get_title(loc="left").startswith("Every return is still where")


def test_what_moved_stands_behind_what_it_is_compared_with(last):
    assert since_in_words(last, "Compared with nothing.") == "Compared with nothing."
    moved = replace(last, checks=(*last.checks, Check(name="stability", passed=True, detail="TV moved.")))
    assert since_in_words(moved, "Compared with the last.") == "Compared with the last. TV moved."


def test_without_a_run_before_or_a_common_channel_nothing_is_drawn(last):
    other = replace(last, posterior=last.posterior.assign_coords(channel=["a", "b"]))
    assert list(since_last_run(last, None)) == []
    assert list(since_last_run(last, other)) == []
    assert len(list(since_last_run(last, last))) == 1
