"""An experiment's own file says what its section of `workbench.toml` would say, and its mistakes are told of that file."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.config import WorkspaceConfig, load_config
from workbench.contracts import check_tables
from workbench.errors import ConfigError
from workbench.experiments import read_out
from workbench.workspace import open_workspace

BASE = '[workspace]\nname = "Company"\n'
MAIL = 'control = "none"\nmetrics = [{ name = "spend", role = "primary" }]\n'

type Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write `workbench.toml` and the experiments' own files, by id."""

    def files(config: str = BASE, **own: str) -> Path:
        (tmp_path / "experiments").mkdir(exist_ok=True)
        for name, text in own.items():
            (tmp_path / "experiments" / f"{name}.toml").write_text(text, encoding="utf-8")
        (tmp_path / "workbench.toml").write_text(config, encoding="utf-8")
        return tmp_path / "workbench.toml"

    return files


def moved(config: str) -> tuple[str, dict[str, str]]:
    """A configuration with each experiment's lines moved to a file, nothing changed but the headings' common part."""
    sections = re.split(r"^(?=\[)", config, flags=re.MULTILINE)
    own: dict[str, str] = {}
    for section in sections:
        if heading := re.match(r"\[+experiments\.(\w+)", section):
            shorter = re.sub(rf"\[experiments\.{heading[1]}\].*\n", "", section).replace(
                f"experiments.{heading[1]}.", ""
            )
            own[heading[1]] = own.get(heading[1], "") + shorter
    return "".join(section for section in sections if not re.match(r"\[+experiments\.", section)), own


@pytest.mark.parametrize("text", ["workbench.toml", "docs/workbench-toml.md"])
def test_moving_experiments_to_files_changes_nothing(repository, write, text):
    read = (repository / text).read_text()
    config = read if text.endswith(".toml") else BASE + re.search(r"## Experiments\n```toml\n(.*?)```", read, re.S)[1]
    rest, own = moved(config)
    assert len(own) == 4
    assert tomllib.loads(rest).keys().isdisjoint({"experiments"})
    assert load_config(write(rest, **own)) == WorkspaceConfig.model_validate(tomllib.loads(config))


def test_the_file_on_the_reference_page_is_valid(repository, write):
    page = (repository / "docs" / "workbench-toml.md").read_text()
    name, body = re.search(r"```toml experiments/(\w+)\.toml\n(.*?)```", page, re.S).groups()
    spec = load_config(write(**{name: body})).experiments["summer_email"]
    assert [(metric.name, metric.role) for metric in spec.metrics] == [
        ("revenue", "primary"),
        ("unsubscribed", "guardrail"),
    ]


def test_both_places_serve_one_workspace_in_a_fixed_order(write):
    path = write(BASE + f"[experiments.first]\n{MAIL}", zebra=MAIL, apple=MAIL)
    assert list(load_config(path).experiments) == ["first", "apple", "zebra"]


def test_only_visible_toml_files_are_experiments(write, tmp_path):
    path = write(mail=MAIL)
    (tmp_path / "experiments" / "notes.md").write_text("# What we learnt")
    (tmp_path / "experiments" / "._mail.toml").write_bytes(b"\x00\x05\x16\x07")
    assert list(load_config(path).experiments) == ["mail"]


def test_a_byte_order_mark_is_no_mistake(write):
    assert load_config(write("\ufeff" + BASE, mail="\ufeff" + MAIL)).experiments["mail"].control == "none"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "key control is missing; add it"),
        ('contrl = "none"\nmetrics = [{ name = "spend" }]', "unknown key contrl; did you mean control?"),
        ('control = "none"\n[[metrics]]\nnme = "spend"', "unknown key metrics.0.nme; did you mean name?"),
        (
            'control = "none"\n[[metrics]]\nname = "spend"\nrole = "main"',
            "metrics.0.role is 'main'; choose 'primary', ",
        ),
        ('kind = "geoo"', "kind is 'geoo'; choose 'users' or 'geo'"),
        (MAIL + "start = 2025-02-01\nend = 2025-01-01", "the experiment: start (2025-02-01) must not be after end"),
        (MAIL + "confidence = 95", "confidence is 95: input should be less than 1"),
        (MAIL + "[tables.units]\npath = 'u.csv'", "unknown key tables; [tables] belongs in"),
        (
            f"[experiments.mail]\n{MAIL}",
            "unknown key experiments; the file's name is the experiment's id, leave experiments.mail out of all headings",
        ),
        ("[[metrics]\n", "is not valid TOML"),
        ("control = none", "is not valid TOML"),
        (
            'control = "none"\n[[metrics]]\nname = "spend"\n[[metrics]]\nname = "spend"\nkind = "quantile"\nquantile = 0.5',
            "the experiment: metrics name spend twice; to measure a column in two ways, map it to a second name",
        ),
    ],
)
def test_a_mistake_names_the_file_in_which_it_stands(write, tmp_path, body, sentence):
    path = write(BASE + f"[experiments.other]\n{MAIL}", mail=body)
    with pytest.raises(ConfigError) as error:
        load_config(path)
    message = str(error.value)
    assert message.startswith(str(tmp_path / "experiments" / "mail.toml"))
    assert sentence in message
    assert "experiments.mail.metrics.0" not in message
    assert "\n" not in message


def test_a_mistake_of_workbench_toml_is_still_told_of_it(write, tmp_path):
    path = write(BASE + '[experiments.other]\ncontrl = "none"\n', mail=MAIL)
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert str(error.value) == f"{path}: unknown key experiments.other.contrl; did you mean control?"


def test_experiments_that_are_no_table_are_told_of_workbench_toml(write):
    path = write("experiments = 5\n" + BASE, mail=MAIL)
    with pytest.raises(ConfigError, match=r"workbench.toml: experiments is 5: input should be a valid dictionary"):
        load_config(path)


def test_an_experiment_in_two_places_names_both(write, tmp_path):
    path = write(BASE + f"[experiments.mail]\n{MAIL}", mail=MAIL)
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert str(error.value) == (
        f"experiment mail is declared twice, as [experiments.mail] in {path} and in "
        f"{tmp_path / 'experiments' / 'mail.toml'}; keep one of them"
    )


def test_a_file_that_cannot_be_read_is_named(write, tmp_path):
    path = write(mail=MAIL)
    (tmp_path / "experiments" / "folder.toml").mkdir()
    with pytest.raises(ConfigError, match=r"experiments/folder.toml can't be read: Is a directory"):
        load_config(path)


def test_a_metric_is_named_once_in_workbench_toml_too(write):
    path = write(
        BASE + '[experiments.a]\ncontrol = "c"\nmetrics = [{ name = "x" }, { name = "x", role = "guardrail" }]'
    )
    with pytest.raises(ConfigError, match=r"workbench.toml: experiments.a: metrics name x twice"):
        load_config(path)


@pytest.fixture
def units(tmp_path: Path) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    variant = np.where(np.arange(600) % 2 == 0, "none", "mail")
    rows = pd.DataFrame(
        {
            "experiment_id": "winter_email",
            "unit_id": [f"u{i:03d}" for i in range(600)],
            "variant": variant,
            "spend": rng.gamma(2.0, 10.0, 600) + 5 * (variant == "mail"),
        }
    )
    rows.to_parquet(tmp_path / "units.parquet", index=False)
    return rows


def test_a_readout_works_from_its_own_file(write, tmp_path, units):
    """Welch's interval as scipy computes it, for an experiment that `workbench.toml` doesn't name."""
    write(BASE + '[tables.units]\npath = "units.parquet"\n', winter_email=MAIL)
    workspace = open_workspace(tmp_path)
    name, spec = workspace.experiment()
    provenance = workspace.experiment_provenance(name)
    result = read_out(workspace.experiment_table(name), name, spec, provenance=provenance, currency="EUR")
    arms = [units.spend[units.variant == arm] for arm in ("mail", "none")]
    welch = stats.ttest_ind(*arms, equal_var=False).confidence_interval(0.95)
    effect = result.estimate("absolute_effect", "mail/spend")
    assert [effect.estimate, effect.lower, effect.upper] == pytest.approx([arms[0].mean() - arms[1].mean(), *welch])
    assert check_tables(workspace)[-1].problems == ()


def test_a_file_named_unlike_its_rows_is_to_be_renamed(write, tmp_path, units):
    write(BASE + '[tables.units]\npath = "units.parquet"\n', winter_emial=MAIL)
    file = tmp_path / "experiments" / "winter_emial.toml"
    (problem,) = check_tables(open_workspace(tmp_path))[-1].problems
    assert problem == f"experiments.winter_emial has no rows in units, which holds winter_email; rename {file}"


def test_each_column_that_an_experiment_reads_is_looked_for(write, tmp_path, units):
    """A test on users reads metrics, covariates, parts of ratios and segments; one of creatives its factors."""
    tested = """control = "none"
segments = ["contry"]
metrics = [{ name = "spend", covariate = "spend_before" }, { name = "order_value", kind = "ratio", numerator = "spend", denominator = "order" }]
"""
    creatives = 'kind = "creative"\nfactors = ["variant", "headline"]\nmetric = { name = "spends" }\n'
    both = pd.concat([units, units.assign(experiment_id="banners")]).assign(country="AT", orders=1)
    both.to_parquet(tmp_path / "units.parquet", index=False)
    write(BASE + '[tables.units]\npath = "units.parquet"\n', winter_email=tested, banners=creatives)
    problems = check_tables(open_workspace(tmp_path))[-1].problems
    missing = [
        problem.split(", which units doesn't hold; map it in [tables.units] or correct its name: ")
        for problem in problems
    ]
    assert sorted(needed for needed, _ in missing) == [
        "experiments.banners needs units.headline for its factors",
        "experiments.banners needs units.spends for its metric spends",
        "experiments.winter_email needs units.contry for its segments",
        "experiments.winter_email needs units.order for its metric order_value",
        "experiments.winter_email needs units.spend_before for its metric spend",
    ]
    mends = dict(missing)
    assert mends["experiments.winter_email needs units.contry for its segments"] == "did you mean country?"
    assert mends["experiments.winter_email needs units.order for its metric order_value"] == "did you mean orders?"


def test_an_undeclared_experiment_is_told_where_to_be_declared(write, tmp_path):
    path = write(mail=MAIL, post=MAIL)
    with pytest.raises(ConfigError) as error:
        open_workspace(tmp_path).experiment("maill")
    assert str(error.value) == (
        "experiment 'maill' is not declared; name one of those declared (mail, post), "
        f"or declare it in {path} or experiments/<id>.toml"
    )
