import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.tiny import write_notebook
from workbench.errors import RunError
from workbench.runs.parameters import Parameter, parse_assignments, parse_parameters, read_parameters, with_defaults

CELL = """
seed: int = 1  # random seed
budget: float = 2  # in currency
label: str = "a # b"
cold: bool = False
start: "date" = "2024-01-01"  # first day
end: str | None = None
channels: list[str] = ["tv"]  # which ones
weeks = 4
"""
PARAMETERS = parse_parameters(CELL, where="x")
NUMBER = parse_parameters("n: int = 1\nx: float = 0.5\nflag: bool = True", where="x")


def assign(*assignments: str) -> dict:
    return parse_assignments(assignments, PARAMETERS, where="media_mix")


def test_a_cell_becomes_names_types_defaults_and_help():
    assert (
        Parameter(name="seed", type="int", default=1, help="random seed"),
        Parameter(name="budget", type="float", default=2.0, help="in currency"),
        Parameter(name="label", type="str", default="a # b"),
        Parameter(name="cold", type="bool", default=False),
        Parameter(name="start", type="date", default="2024-01-01", help="first day"),
        Parameter(name="end", type="str", default=None, optional=True),
        Parameter(name="channels", type="list[str]", default=["tv"], help="which ones"),
        Parameter(name="weeks", type="int", default=4),
    ) == PARAMETERS


def test_assignments_take_the_declared_types():
    values = assign(
        "seed=-7",
        "budget=1e3",
        "label=a=b",
        "cold=True",
        "start=2023-02-28",
        "end=none",
        "channels=tv, search",
        "weeks=5",
    )
    assert values == {
        "seed": -7,
        "budget": 1000.0,
        "label": "a=b",
        "cold": True,
        "start": "2023-02-28",
        "end": None,
        "channels": ["tv", "search"],
        "weeks": 5,
    }


def test_unassigned_parameters_keep_their_defaults():
    values = with_defaults(assign("seed=2"), PARAMETERS)
    assert values["seed"] == 2
    assert values["channels"] == ["tv"]
    assert list(values) == [parameter.name for parameter in PARAMETERS]


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        ("weeks=2024-01-01", "parameter weeks takes a whole number, found '2024-01-01'; write it like weeks=4"),
        ("weeks=4.0", "takes a whole number, found '4.0'"),
        ("weeks=1_000", "takes a whole number"),
        ("weeks=٤", "takes a whole number"),
        ("budget=nan", "takes a finite number, found 'nan'"),
        ("budget=-inf", "takes a finite number"),
        ("budget=1e999", "takes a finite number"),
        ("cold=1", "takes true or false, found '1'"),
        ("cold=", "takes true or false"),
        ("start=2024-02-30", "takes a date as YYYY-MM-DD, found '2024-02-30'"),
        ("start=20240101", "takes a date"),
        ("channels=tv,,search", "takes texts separated by commas"),
        ("label=\udcff", "takes text"),
        ("week=3", "media_mix has no parameter 'week'; did you mean weeks?"),
        ("zzz=3", "it takes seed, budget, label"),
        ("seed", "parameter 'seed' has no value; write -p name=value"),
    ],
)
def test_a_wrong_assignment_is_refused_in_one_sentence(assignment: str, says: str):
    with pytest.raises(RunError) as refusal:
        assign(assignment)
    assert says in str(refusal.value)


@pytest.mark.parametrize("name", ['n=1;print("PWNED")#', "seed;x", "seed\nimport os", "__import__('os')", "ｓeed", ""])
def test_names_that_would_become_code_are_refused(name: str):
    with pytest.raises(RunError):
        assign(f"{name}=1")


def test_a_parameter_is_given_once():
    with pytest.raises(RunError, match="seed is given twice"):
        assign("seed=1", "seed=2")


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("n: int = f()", "defaults are plain literals"),
        ("n: int = 1.5", "the default of parameter n of x is 1.5, not a whole number"),
        ("n: bool = 1", "not true or false"),
        ("n: float = 1e999", "not a finite number"),
        ("n: dict = {}", "is of type dict; choose one of str, int"),
        ("import os", "line 1 of the parameters cell of x is 'import os'"),
        ("n: int", "each line there reads"),
        ("a = b = 1", "each line there reads"),
        ("_n = 1", "choose a plain name"),
        ("n = 1\nn = 2", "sets n twice"),
        ("n = (", "is not Python"),
    ],
)
def test_a_cell_that_is_no_list_of_literals_is_refused(cell: str, says: str):
    with pytest.raises(RunError) as refusal:
        parse_parameters(cell, where="x")
    assert says in str(refusal.value)


def test_a_notebook_without_the_cell_takes_no_parameters(tmp_path: Path):
    path = write_notebook(tmp_path, "plain", "1", parameters="")
    content = json.loads(path.read_text())
    del content["cells"][1]
    path.write_text(json.dumps(content))
    assert read_parameters(path) == ()
    with pytest.raises(RunError, match="plain has no parameter 'n'; it takes none"):
        parse_assignments(["n=1"], (), where="plain")


def test_two_parameter_cells_are_refused(tmp_path: Path):
    path = write_notebook(tmp_path, "two", "1")
    content = json.loads(path.read_text())
    content["cells"].append(content["cells"][1])
    path.write_text(json.dumps(content))
    with pytest.raises(RunError, match="2 cells tagged `parameters`"):
        read_parameters(path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": 3}', "\x00"])
def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path, content: str):
    path = tmp_path / "x.ipynb"
    path.write_text(content)
    with pytest.raises(RunError, match="is not a notebook"):
        read_parameters(path)


@given(st.integers(-(10**17), 10**17), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
def test_every_number_survives_its_text(n: int, x: float, flag: bool):
    values = parse_assignments([f"n={n}", f"x={x!r}", f"flag={flag}"], NUMBER, where="x")
    assert values == {"n": n, "x": x, "flag": flag}
    assert type(values["flag"]) is bool


@given(st.text() | st.from_regex(r"\s*[-+.0-9eE_infa]{1,6}\s*", fullmatch=True))
def test_any_text_is_an_exact_number_or_refused(text: str):
    for name, exact in (("n", int), ("x", float)):
        try:
            value = parse_assignments([f"{name}={text}"], NUMBER, where="x")[name]
        except RunError:
            continue
        assert math.isfinite(value)
        assert type(value) is exact
        assert value == exact(text)


@given(st.text(st.characters(codec="utf-8")))
def test_texts_and_comments_never_mix(text: str):
    (parameter,) = parse_parameters(f"label: str = {text!r}  # help", where="x")
    assert parameter.default == text
    assert parameter.help == "help"
