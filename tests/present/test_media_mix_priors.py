"""Pictures of what is believed before the data: they show the stated numbers and can be read."""

import numpy as np
import pytest

from tests.mmm.worlds import simulate
from tests.present.overlaps import unreadable_text
from workbench.config import BusinessPrior, Channel, MediaMix
from workbench.mmm.inputs.prior_beliefs import PriorBeliefs
from workbench.mmm.prepare import prepare
from workbench.present.figures.media_mix_priors import (
    belief_figures,
    believed_carry_over,
    believed_media_share,
    believed_returns,
)

CHANNELS = {
    "channel 0": Channel(
        roas=BusinessPrior(lower=1.0, upper=3.0), half_life_weeks=BusinessPrior(lower=1.99, upper=2.01)
    )
}


@pytest.fixture(scope="module")
def beliefs() -> PriorBeliefs:
    config = MediaMix(media_share=BusinessPrior(lower=0.1, upper=0.4))
    return prepare(simulate(seed=1, weeks=104).panel, config, CHANNELS).beliefs()


@pytest.mark.parametrize("draw", [believed_returns, believed_carry_over, believed_media_share])
def test_all_text_can_be_read(beliefs, draw):
    assert not unreadable_text(draw(beliefs))


def test_the_line_of_a_stated_return_ends_where_it_was_stated(beliefs):
    (ax,) = believed_returns(beliefs).axes
    top = len(beliefs.channels) - 1
    line = next(line for line in ax.lines if list(line.get_ydata()) == [top, top])
    np.testing.assert_allclose(line.get_xdata(), [1.0, 3.0], rtol=0.1)
    assert ax.get_title(loc="left").startswith("Returns were stated for channel 0;")


def test_a_known_carry_over_is_drawn_as_its_formula(beliefs):
    """A half-life of two weeks: each week brings 2^(-1/2) of the one before."""
    ax = believed_carry_over(beliefs).axes[0]
    drawn = np.asarray(ax.lines[0].get_ydata(), dtype=float)
    np.testing.assert_allclose(drawn[1:] / drawn[:-1], 0.5**0.5, rtol=0.01)


def test_returns_are_drawn_where_anybody_has_an_opinion(beliefs):
    unopinionated = prepare(simulate(seed=1, weeks=104).panel, MediaMix(), {}).beliefs()
    headlines = [
        [figure.axes[0].get_title(loc="left") for figure in belief_figures(each)] for each in (beliefs, unopinionated)
    ]
    assert [any(text.startswith("Returns were stated") for text in texts) for texts in headlines] == [True, False]
    assert [len(texts) for texts in headlines] == [3, 2]


def test_channels_of_one_belief_share_a_chart():
    unopinionated = prepare(simulate(seed=1, weeks=104).panel, MediaMix(), {}).beliefs()
    (ax,) = believed_carry_over(unopinionated).axes
    assert ax.get_title(loc="left").startswith("Every channel: half of the effect within")


def test_the_stated_share_of_media_is_marked(beliefs):
    (ax,) = believed_media_share(beliefs).axes
    marked = sorted(float(np.asarray(line.get_xdata())[0]) for line in ax.lines if line.get_linestyle() != "-")
    assert marked == pytest.approx([0.1, 0.4])
