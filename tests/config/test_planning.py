"""Mistakes in `[planning]` are one sentence that names the key, the value and the mend."""

import pytest

from workbench.config import load_config
from workbench.config.planning import Planning, change_of
from workbench.errors import ConfigError


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("max_change = inf", "planning.max_change is inf: input should be a finite number"),
        ("max_change = true", "planning.max_change is True: input should be a valid number"),
        ("max_change = { tv = -0.1 }", "planning.max_change.tv is -0.1: input should be greater than 0"),
        ("minimum = { tv = nan }", "planning.minimum.tv is nan: input should be a finite number"),
        ("maximum = { tv = -1 }", "planning.maximum.tv is -1: input should be greater than or equal to 0"),
        ("minimum = { tv = 5 }\nmaximum = { tv = 2 }", r"minimum.tv \(5.0\) is above maximum.tv \(2.0\)"),
        ("price = { tv = 0 }", "planning.price.tv is 0: input should be greater than 0"),
        (
            "price = { tv = [{ start = 2026-03-01, end = 2026-02-01, factor = 1.2 }] }",
            r"end \(2026-02-01\) is before start \(2026-03-01\)",
        ),
        ("all_or_nothing = { tv = { spend = 5, per = 'month' } }", "planning.all_or_nothing.tv.per is 'month'; choose"),
        ("groups = { brand = { share_lower = 0.6, share_upper = 0.3 } }", r"share_lower \(0.6\) is above share_upper"),
        ("groups = { brand = { lower = 6, upper = 3 } }", r"lower \(6.0\) is above upper \(3.0\)"),
        (
            "groups = { brand = { share_upper = 1.3 } }",
            "planning.groups.brand.share_upper is 1.3: input should be less",
        ),
        (
            "periods = [{ start = 2026-01-05, end = 2026-02-01, budget = 1, floor = 2 }]",
            r"floor \(2.0\) is above budget",
        ),
        ("untried = { podcast = { roas = { lower = 1, upper = 2 }, test_budget = 9 } }", "podcast.like is missing"),
        ("beyond_observed = 'maybe'", "planning.beyond_observed is 'maybe'; choose 'warn', 'penalise' or 'forbid'"),
        ("margin = 0", "planning.margin is 0: input should be greater than 0"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(tmp_path, lines, sentence):
    path = tmp_path / "workbench.toml"
    path.write_text(f"[workspace]\nname = 'x'\n[planning]\n{lines}\n")
    with pytest.raises(ConfigError, match=sentence):
        load_config(path)


def test_a_change_limit_by_channel_leaves_the_others_at_the_default():
    change = Planning.model_validate({"max_change": {"tv": 0.1}}).max_change
    assert (change_of(change, "tv"), change_of(change, "search"), change_of(0.2, "tv")) == (0.1, 0.5, 0.2)
