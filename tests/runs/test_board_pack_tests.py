"""What a board pack says of planned tests, of tests of channels and of the learning review is in the files that their runs saved."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.runs.small_company import Company, customers, keep_test, made_later, media_mix, small_company
from workbench.experiments.design.result import UserPlan
from workbench.present.pack.decisions_on_tests import test_decisions as decisions_on_tests
from workbench.present.pack.learned import changes_next, learned_section
from workbench.present.pack.record import read_pack
from workbench.present.pack.saved import SavedDesign, SavedMediaMix, SavedReview
from workbench.result import estimates_frame
from workbench.runs.board_pack import write_board_pack
from workbench.runs.pack_material import pack_material

USERS, GEO = "20260201T100000-experiment_design-0aa1", "20260201T100100-experiment_design-0aa2"
REVIEW = "20260201T100200-learning_review-0bb1"
HTML_TAG = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Three tests read out, one of them also planned, two more planned, and a review of all."""
    company = small_company(tmp_path_factory.mktemp("company"))
    company.keep(user_design("spring_mail", cost=4_321.0), USERS, experiment="spring_mail")
    company.keep(user_design("test_0", cost=77_777.0), "20260201T095900-experiment_design-0aa0", experiment="test_0")
    company.keep(geo_design("tv_pause", budgets=(65_400.0, 99_000.0)), GEO, experiment="tv_pause")
    company.keep(review("Two of three tests paid.", "Effects are small.", "Claims held.", "Nobody reads this."), REVIEW)
    return company


@pytest.fixture(scope="module")
def pack(company: Company) -> Path:
    return write_board_pack(company.workspace)


def user_design(name: str, *, cost: float) -> SavedDesign:
    numbers = dict.fromkeys(UserPlan.__dataclass_fields__, 1.0) | {"metric": "revenue", "decided_by": "revenue"}
    plan = UserPlan(**{**numbers, "cost": cost, "outcome_weeks": 2})  # type: ignore[arg-type]
    return SavedDesign(
        title=f"Design of {name}",
        estimates=estimates_frame([]),
        findings=(f"{name} needs 9,000 customers.", "It takes 5 weeks.", "A third finding."),
        kind="users",
        experiment_id=name,
        currency="EUR",
        plan=plan,
        markets=pd.DataFrame({"budget": pd.Series(dtype=float)}),
    )


def geo_design(name: str, *, budgets: tuple[float, ...]) -> SavedDesign:
    """Candidates of markets, the best one first."""
    return SavedDesign(
        title=f"Design of {name}",
        estimates=estimates_frame([]),
        findings=("Pause TV in two markets.",),
        kind="geo",
        experiment_id=name,
        currency="EUR",
        plan=None,
        markets=pd.DataFrame({"rank": range(1, len(budgets) + 1), "budget": budgets}),
    )


def review(*findings: str) -> SavedReview:
    return SavedReview(title="Learning review", estimates=estimates_frame([]), findings=findings, currency="EUR")


def result_folder(company: Company, run_id: str) -> Path:
    return company.workspace.reports / "runs" / run_id / "result"


def page_text(pack: Path) -> str:
    return re.sub(r"\s+", " ", HTML_TAG.sub(" ", (pack / "pack.html").read_text(encoding="utf-8")))


def fields_of(company: Company, run_id: str) -> dict:
    return json.loads((result_folder(company, run_id) / "result.json").read_text())["fields"]


def test_planned_tests_ask_for_what_their_files_say_they_cost(company, pack):
    asked = {decision.key: decision for decision in decisions_on_tests(pack_material(company.workspace), None)}
    users, geo = asked["design/spring_mail"], asked["design/tv_pause"]
    assert users.stake.estimate == fields_of(company, USERS)["plan"]["cost"] == 4_321
    markets = pd.read_parquet(result_folder(company, GEO) / "markets.parquet")
    assert geo.stake.estimate == markets.budget[markets["rank"] == 1].item() == 65_400
    assert [users.run_id, geo.run_id] == [USERS, GEO]
    assert list(users.why) == fields_of(company, USERS)["findings"][:2]
    text = page_text(pack)
    for told in ("Approve the test spring mail", "€4.32k", "Approve the test tv pause", "€65.4k", "It takes 5 weeks."):
        assert told in text
    assert "A third finding." not in text
    keys = {decision["key"] for decision in json.loads((pack / "pack.json").read_text())["decisions"]}
    assert {"design/spring_mail", "design/tv_pause"} <= keys


def test_a_planned_test_that_was_read_out_is_not_asked_for_again(company, pack):
    assert "design/test_0" not in {decision.key for decision in read_pack(pack).decisions}
    assert "€77.8k" not in page_text(pack)


def test_with_tests_planned_no_other_is_asked_for(company, tmp_path):
    """Search is hardly known from the data: where nothing is planned, that asks for a test of it."""
    assert "test/next" not in {one.key for one in decisions_on_tests(pack_material(company.workspace), None)}
    unplanned = small_company(tmp_path)
    asked = {one.key: one for one in decisions_on_tests(pack_material(unplanned.workspace), None)}
    (plan,) = (unplanned.workspace.reports / "runs").glob("*-scenario_planning-*")
    spent = pd.read_parquet(plan / "result" / "plan.parquet").set_index("channel").planned_spend["search"]
    assert asked["test/next"].stake.estimate == spent == 30_000


def test_the_learning_review_is_told_by_its_first_three_findings(company, pack):
    text = page_text(pack)
    start = text.index(f"All tests together (run {REVIEW})")
    places = [text.index(finding, start) for finding in fields_of(company, REVIEW)["findings"][:3]]
    assert places == sorted(places)
    assert "Nobody reads this." not in text
    assert REVIEW in {run.run_id for run in read_pack(pack).runs}


def test_without_a_learning_review_only_single_tests_are_told(tmp_path):
    company = small_company(tmp_path)
    told = " ".join(getattr(block, "markdown", "") for block in learned_section(pack_material(company.workspace), None))
    assert "All tests together" not in told
    assert "The headline of test 0." in told


def test_verdicts_stand_with_the_numbers_of_the_readouts_own_files(company, pack):
    text = page_text(pack)
    for number, verdict in enumerate(("ship", "inconclusive", "keep running")):
        (folder,) = (company.workspace.reports / "runs").glob(f"*-experiment_readout-002{number}")
        learnt = json.loads((folder / "result" / "learning.json").read_text())
        assert learnt["verdict"] == verdict
        # 0.1 with 0.02 to 0.18 is told as percent, 9,000 with 1,000 to 17,000 as money.
        assert learnt["relative"] == 0.1
        assert learnt["profit"] == 9_000
        assert f"test {number} {verdict} revenue +10.0% 2.0% to 18.0% €9k €1k to €17k CRM" in text
    assert "The headline of test 2." in text


def test_only_tests_that_the_last_pack_did_not_know_are_told_in_full(tmp_path):
    company = small_company(tmp_path)
    last = read_pack(write_board_pack(company.workspace))
    keep_test(company, "test_3", "stop", "20260301T090100-experiment_readout-0bb2")
    company.keep(made_later(customers(), 60), "20260301T090000-segmentation-0aa1")
    blocks = list(learned_section(pack_material(company.workspace), last))
    told = " ".join(getattr(block, "markdown", "") for block in blocks)
    assert "The headline of test 3." in told
    assert "voucher is left out" in told
    assert "The headline of test 0." not in told
    fresh, known = (block for block in blocks if hasattr(block, "rows"))
    assert [row[0] for row in fresh.rows] == ["test 3"]
    assert {row[0] for row in known.rows} == {"test 0", "test 1", "test 2"}


@pytest.mark.parametrize(
    ("tests", "told"),
    [
        (
            "tv_pause",
            "tests moved what TV returned per unit of spend from €2.00 (90% interval €1.00 to €3.00) to €1.50 (90% interval €1.20 to €1.80)",
        ),
        ("", "nothing yet, as no test on TV counted in the media mix of run 20260301T000000-media_mix-00b9"),
        (
            None,
            "its lift is evidence on TV in the media mix of run 20260301T000000-media_mix-00b9, and with it in the plan",
        ),
    ],
)
def test_a_test_of_a_channel_tells_what_it_changed_in_the_next_media_mix(tmp_path, tests, told):
    """None stands for a media mix of a version that didn't save what tests changed."""
    company = small_company(tmp_path)
    effects = pd.DataFrame(
        [
            ("roas", "tv", "sales history", 2.0, 1.0, 3.0),
            ("roas", "tv", "both", 1.5, 1.2, 1.8),
            ("roas", "search", "both", 9.0, 8.0, 10.0),
        ],
        columns=["quantity", "channel", "said_by", "estimate", "lower", "upper"],
    ).assign(tests=tests)
    saved = media_mix() if tests is None else media_mix_with(effects)
    company.keep(made_later(saved, 60), "20260301T000000-media_mix-00b9")
    record = {"experiment_id": "tv_pause", "verdict": "ship", "channel": "tv", "run_id": "20260201T000000-readout-0001"}
    said = changes_next(pack_material(company.workspace), record)
    assert said.startswith(told), said
    waiting = changes_next(pack_material(company.workspace), {**record, "run_id": "20260401T000000-readout-0001"})
    assert waiting.startswith("its lift is evidence on TV for the next media mix (`workbench run media_mix`)")
    assert changes_next(pack_material(company.workspace), {**record, "verdict": "invalid"}).startswith("nothing, as")


def media_mix_with(effects: pd.DataFrame) -> SavedMediaMix:
    return replace(media_mix(), lift_effects=effects)
