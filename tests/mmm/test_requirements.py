"""Every panel that can't be answered is refused with a sentence that names what is wrong."""

from dataclasses import replace

import numpy as np
import pytest

from tests.mmm.worlds import simulate
from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.errors import SpecError
from workbench.mmm.inputs.design import build_design
from workbench.mmm.inputs.requirements import require_identified, require_usable

WORLD = simulate(seed=0, weeks=60, markets=2)


def changed(name: str, index: tuple[int | slice, ...], value: float) -> Panel:
    array = getattr(WORLD.panel, name).copy()
    array[index] = value
    return replace(WORLD.panel, **{name: array})


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        (simulate(seed=0, weeks=40).panel, "covers 40 weeks; a media mix needs at least 52"),
        (changed("spend", (14, 1, 0), -5.0), r"spend is negative .*2022-01-10, market market 1, channel 0, -5"),
        (changed("control", (3, 0, 0), np.nan), r"controls is missing .*2022-01-24, market market 0, weather"),
        (changed("kpi", (2, 0), np.inf), r"kpi is missing or infinite .*2022-01-17"),
        (
            changed("kpi", (slice(None), 1), 0.0),
            "KPI of market market 1 is 0 in every week, which leaves nothing to explain",
        ),
        (changed("kpi", (slice(None), 0), 1000.0), "KPI of market market 0 is 1000 in every week"),
        (
            replace(WORLD.panel, population=np.array([0.0, 3e6])),
            "population of market market 0 is 0; it must be above 0",
        ),
        (changed("spend", (slice(13, None), slice(None), 0), 0.0), "channel 0 has no spend in any of the 60 weeks"),
        (changed("exposure", (slice(13, None), 0, 1), 0.0), "channel 1 has spend .* but exposure 0 in market market 0"),
        (changed("value", (0, 0), 0.0), "value in market market 0 is not above 0"),
        (
            replace(
                WORLD.panel, weeks=WORLD.panel.weeks.delete(5).append(WORLD.panel.weeks[-1:] + np.timedelta64(7, "D"))
            ),
            "not 7 days apart",
        ),
    ],
)
def test_unusable_panels_are_refused(panel, words):
    with pytest.raises(SpecError, match=words):
        require_usable(panel, MediaMix(), {})


def test_a_channel_that_the_media_table_lacks_is_refused():
    with pytest.raises(SpecError, match="channel radio is configured, but the media table lacks it"):
        require_usable(WORLD.panel, MediaMix(), {"radio": Channel()})


def test_a_sign_of_a_control_that_the_table_lacks_is_refused():
    with pytest.raises(SpecError, match="control price has a sign in media_mix.signs, but .* its controls are weather"):
        require_usable(WORLD.panel, MediaMix(signs={"price": "negative"}), {})


def test_more_parameters_than_weeks_are_refused():
    config = MediaMix(yearly_harmonics=26, trend_knots_per_year=26)
    with pytest.raises(SpecError, match="parameters for 120 weekly observations"):
        require_identified(build_design(WORLD.panel, config, {}))
