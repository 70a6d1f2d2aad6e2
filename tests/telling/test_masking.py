"""What leaves the company names no person: whatever single rows hold, the sentence that is sent is the same."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.tiny import make_workspace
from workbench.data.validate import require_valid_frame
from workbench.errors import DataError
from workbench.telling.masking import of_a_failure, without_identifiers

PERSON = "ann.smith@example.com"
NAMES = st.text(min_size=1).filter(lambda text: text.strip())


def told_of_row(lead_id: str) -> str:
    """What the schema says of two rows that should be one."""
    rows = pd.DataFrame({"lead_id": [lead_id] * 2, "created_at": pd.to_datetime(["2024-01-01", "2024-01-02"])})
    with pytest.raises(DataError) as told:
        require_valid_frame(rows, "leads")
    return str(told.value)


def told_of_exception(message: str) -> str:
    return (
        f"ValueError in cell 4 of 9 (Fit): {message}; the notebook up to there: /srv/co/reports/failed/r/notebook.ipynb"
    )


def test_a_sentence_about_a_row_says_where_to_look_and_not_whom_it_is_about():
    sentence = told_of_row(PERSON)
    assert PERSON in sentence
    assert of_a_failure(sentence).startswith("leads has 1 repeated key (first: …)")


@given(first=NAMES, second=NAMES)
def test_it_is_the_same_whoever_the_row_is_about(first: str, second: str):
    template = "transactions.revenue is missing in 3 rows (first: customer_id {}, 2024-03-04); fill it in"
    assert of_a_failure(template.format(first)) == of_a_failure(template.format(second))
    assert of_a_failure(told_of_exception(first)) == of_a_failure(told_of_exception(second))
    engine = (
        "tables.leads can't be computed: Conversion Error: Could not convert string '{}' to INT64; correct its columns"
    )
    assert of_a_failure(engine.format(first)) == of_a_failure(engine.format(second))


def test_what_an_engine_quotes_of_a_real_file_is_left_out(tmp_path: Path):
    (tmp_path / "orders.csv").write_text(f"who,day,paid\n{PERSON},2024-01-01,12\n", encoding="utf-8")
    mapped = (
        '[tables.transactions]\npath = "orders.csv"\n'
        'columns = { customer_id = "who", ordered_at = "day", revenue = "CAST(who AS DOUBLE)" }\n'
    )
    workspace = make_workspace(tmp_path, mapped)
    with pytest.raises(Exception) as told:
        workspace.table("transactions")
    assert PERSON in str(told.value)
    asked = f"{type(told.value).__name__} in cell 2 (Data): {told.value}; the notebook up to there: /srv/notebook.ipynb"
    for sentence in (str(told.value), asked):
        assert "ann" not in of_a_failure(sentence)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (told_of_exception("no Ann (VIP): 5\nTraceback; the notebook up to there: x"), "ValueError in cell 4 of 9 (Fit)"),
        ("KeyError in cell 2; the notebook up to there: /srv/a b/notebook.ipynb", "KeyError in cell 2"),
        ("timed out after 60 s during cell 3 of 9 (Fit); allow more with --timeout", None),
        ("the disk of /srv/reports is full (No space left on device); free some space and run again", None),
        ("units has 1 unit that is in more than one arm (first: unit_id 7, 2 arms); mend", "units has 1 unit that is in more than one arm (first: …); mend"),
        ("geo.date holds 'Ann', which is no day", "geo.date holds …, which is no day"),
        ("the run's process ended with code 1 during cell 3 of 9; its last words are in worker.log", "the run's process ended with code 1 during cell 3 of 9"),
        ("it waits for weekly (ValueError in cell 1: Ann; the notebook up to there: /srv/n.ipynb)", "it waits for weekly (ValueError in cell 1)"),
    ],
)  # fmt: skip
def test_known_sentences(sentence: str, told: str | None):
    assert of_a_failure(sentence) == (told or sentence)


def test_findings_speak_of_groups_and_stay_as_they_are():
    finding = "Raise search by €1.2m a week (€0.8m to €1.6m) from 2026-11-02; TV's ROAS is 1.4, 2,345 of 10,000,000 customers."
    assert without_identifiers(finding) == finding
    assert without_identifiers(f"Ask {PERSON} or +491701234567.") == "Ask … or …."
