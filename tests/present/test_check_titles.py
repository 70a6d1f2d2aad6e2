"""Checks bear titles, and those of the media mix speak, as people do who don't model."""

import ast
import re
from pathlib import Path
from types import ModuleType

import pytest

import workbench.experiments.creative
import workbench.experiments.geo
import workbench.experiments.registry
import workbench.experiments.users
import workbench.mmm
from tests.mmm.posteriors import result_of
from tests.mmm.worlds import simulate
from workbench.mmm.checks.learnt import LEARNT
from workbench.present.check_titles import TITLES, check_title
from workbench.present.page_one import page_one_block

MODELLERS_WORDS = re.compile(r"\b(KPI|priors?|posterior|baseline|noise|outliers?|predictive|autocorrelation)\b", re.I)


def names_of_checks(package: ModuleType) -> set[str]:
    """The first argument of every `Check(...)` in the package that is written out there; of the media mix, others are priors'."""
    sources = Path(str(package.__file__)).parent.rglob("*.py")
    calls = (node for path in sources for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Check"]
    named = [next(keyword.value for keyword in call.keywords if keyword.arg == "name") for call in made]
    return {str(name.value) if isinstance(name, ast.Constant) else LEARNT for name in named}


def test_every_check_of_the_media_mix_has_a_title():
    assert set(TITLES["media_mix"]) == names_of_checks(workbench.mmm)


@pytest.mark.parametrize(
    ("analysis", "packages"),
    [
        ("learning_review", (workbench.experiments.registry,)),
        (
            "experiment_readout",
            (workbench.experiments.creative, workbench.experiments.geo, workbench.experiments.users),
        ),
    ],
)
def test_every_check_of_tests_has_a_title(analysis, packages):
    made = set().union(*map(names_of_checks, packages)) - {LEARNT}
    kinds = {name.partition(" ")[0] for name in made}
    assert kinds <= set(TITLES[analysis])


@pytest.mark.parametrize("analysis", TITLES)
def test_titles_differ_and_are_no_modellers_words(analysis):
    titles = TITLES[analysis]
    assert len(set(titles.values())) == len(titles)
    assert not MODELLERS_WORDS.search(" ".join(titles.values()))


@pytest.mark.parametrize("markets", [1, 3])
def test_page_one_speaks_without_the_words_of_modellers(markets):
    lines = page_one_block(result_of(simulate(seed=3, weeks=80, markets=markets).panel)).checks
    assert {line.name for line in lines} <= set(TITLES["media_mix"].values())
    assert not MODELLERS_WORDS.findall(" ".join(line.detail for line in lines))


def test_the_same_name_means_another_check_in_another_analysis():
    assert check_title("stability", "media_mix") == "Stable since the last run"
    assert check_title("stability", "scenarios") == ""
