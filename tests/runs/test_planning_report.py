"""`workbench check` refuses rows and names of planning that nothing answers to, in a sentence that names thing, value, rule and mend."""

import pandas as pd
import pytest

from workbench.runs.planning_report import check_planning
from workbench.workspace import open_workspace

WEEKS = pd.date_range("2025-01-06", periods=30, freq="7D")
AHEAD = WEEKS[-1] + pd.Timedelta(weeks=1)
CONFIG = """
[workspace]
name = "Shop"

[tables]
kpi = { path = "kpi.csv" }
media = { path = "media.csv" }
controls = { path = "controls.csv" }
"""
SALES = "[planning.capacity.sales]\nper_kpi = 0.1\nweekly = 10.0\n"


def grid(**columns) -> pd.DataFrame:
    return pd.MultiIndex.from_product(columns.values(), names=list(columns)).to_frame(index=False)


def checked(tmp_path, planning: str = "", **tables: dict[str, object]):
    """What is said of a shop with these further tables, each of one row."""
    grid(week=WEEKS, market=["DE", "FR"]).assign(kpi=100.0).to_csv(tmp_path / "kpi.csv", index=False)
    media = grid(week=WEEKS, market=["DE", "FR"], channel=["tv", "search"]).assign(spend=10.0)
    media.to_csv(tmp_path / "media.csv", index=False)
    controls = grid(week=WEEKS, market=["DE", "FR"], control=["price"]).assign(value=range(60))
    controls.to_csv(tmp_path / "controls.csv", index=False)
    mapped = ""
    for name, row in tables.items():
        pd.DataFrame([row]).to_csv(tmp_path / f"{name}.csv", index=False)
        mapped += f'{name} = {{ path = "{name}.csv" }}\n'
    (tmp_path / "workbench.toml").write_text(CONFIG + mapped + planning)
    return check_planning(open_workspace(tmp_path))


BOOKED = {"week": AHEAD, "market": "DE", "channel": "tv", "spend": 5.0}
ROOM = {"week": AHEAD, "market": "all", "team": "sales", "units": 5.0}
CAME = {"week": AHEAD, "market": "all", "team": "sales", "handled": 5.0}


@pytest.mark.parametrize(
    ("planning", "tables", "told"),
    [
        (
            "",
            {"commitments": BOOKED | {"channel": "radio"}},
            "commitments.channel names radio, which the media mix doesn't know; its channels are search, tv.",
        ),
        (
            "",
            {"commitments": BOOKED | {"market": "AT"}},
            "commitments.market names AT, which the media mix doesn't know",
        ),
        (
            SALES,
            {"capacity": ROOM | {"team": "service"}},
            "capacity.team names service, which is none of [planning.capacity]: sales",
        ),
        (
            SALES,
            {"capacity": ROOM | {"market": "AT"}},
            "capacity has rows of team sales for market AT; give it rows of DE, FR",
        ),
        (
            SALES,
            {"deliveries": CAME | {"team": "service"}},
            "deliveries names the team service, which is none of [planning.capacity]: sales",
        ),
        (
            SALES,
            {"deliveries": CAME | {"market": "AT"}},
            "deliveries.market names AT, which the media mix doesn't know; its markets are DE, FR",
        ),
        (
            "",
            {"later_media": BOOKED | {"channel": "radio"}},
            "later_media.channel names radio, which the media mix doesn't know; its channels are search, tv: correct the name",
        ),
        ("[planning.maximum]\nradio = 5.0\n", {}, "planning.maximum names radio, which the media mix doesn't know"),
        (
            "[planning.groups.brand]\nshare_lower = 0.1\n",
            {},
            "planning.groups.brand has no channel; name some in its channels",
        ),
        (
            "[planning.levers.sale]\ncontrol = 'promotion'\ncost = 5.0\n",
            {},
            "planning.levers.sale.control is promotion, which is none of the table controls: price; name one of those.",
        ),
        (
            "[planning.levers.sale]\ncontrol = 'price'\ncost = { DE = 5.0 }\n",
            {},
            "planning.levers.sale.cost says nothing of market FR",
        ),
        (SALES.replace("sales]", "sales]\nmarkets = ['AT']"), {}, "planning.capacity.sales.markets names AT"),
        (
            "[planning.scenarios.crash]\nkind = 'under'\nresponse = { radio = 0.5 }\n",
            {},
            "planning.scenarios.crash.response names radio, which is none of the channels of the plan: search, tv.",
        ),
    ],
)
def test_names_that_nothing_answers_to_are_refused(tmp_path, planning, tables, told):
    (problem,) = checked(tmp_path, planning, **tables).problems
    assert told in problem
    assert problem.count(".") == problem.rstrip(".").count(".") + 1, "one sentence with one full stop at its end"


def test_what_fits_is_valid_and_weeks_without_a_room_are_a_note(tmp_path):
    fits = checked(tmp_path, SALES, commitments=BOOKED, capacity=ROOM, deliveries=CAME, later_media=BOOKED)
    assert (fits.problems, fits.notes) == ((), ())
    short = checked(tmp_path, SALES.replace("weekly = 10.0\n", ""), capacity=ROOM)
    assert short.problems == ()
    assert "capacity of team sales ends with the week of 2025-08-04, the plan with that of 2025-10-27" in short.notes[0]
    assert checked(tmp_path) is None


def test_nothing_booked_is_no_mistake(tmp_path):
    checked(tmp_path, commitments=BOOKED)
    pd.DataFrame([BOOKED]).head(0).to_parquet(tmp_path / "commitments.parquet")
    text = (tmp_path / "workbench.toml").read_text().replace("commitments.csv", "commitments.parquet")
    (tmp_path / "workbench.toml").write_text(text)
    workspace = open_workspace(tmp_path)
    assert workspace.frame("commitments").empty
    assert check_planning(workspace).problems == ()
