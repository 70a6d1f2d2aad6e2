"""A mistake in `workbench.toml` is one sentence that names the key and the mend."""

from pathlib import Path

import pytest

from workbench.config import UserExperiment, find_config, load_config
from workbench.errors import ConfigError

BASE = '[workspace]\nname = "Company"\n'


def load(folder: Path, text: str):
    path = folder / "workbench.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def test_defaults_need_only_a_name(tmp_path):
    config = load(tmp_path, BASE)
    assert (config.workspace.currency, config.workspace.week_start, config.source.url) == ("EUR", "monday", "duckdb://")


def test_a_column_may_be_a_name_a_constant_or_a_format(tmp_path):
    text = (
        BASE
        + '[tables.kpi]\npath = "k.csv"\n[tables.kpi.columns]\nweek = {from = "d", format = "%d.%m.%Y"}\nkpi = "sales"\nmarket = {value = "DE"}\n'
    )
    mapping = load(tmp_path, text).tables["kpi"]
    assert mapping.column("week").format == "%d.%m.%Y"
    assert mapping.column("kpi").source == "sales"
    assert mapping.column("market").value == "DE"
    assert mapping.column("population") is None


def test_an_experiment_without_a_kind_is_a_user_test(tmp_path):
    text = BASE + '[experiments.mail]\ncontrol = "a"\nmetrics = [{name = "spend", role = "primary"}]\n'
    assert isinstance(load(tmp_path, text).experiments["mail"], UserExperiment)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[workspace]\nnam = "x"', "unknown key workspace.nam; did you mean name?"),
        (BASE + '[tables.kpi]\npath = "x"\nclumns = {}', "unknown key tables.kpi.clumns; did you mean columns?"),
        (
            BASE + '[tables.media]\npath = "x"\ncolumns = {spend = {from = "x", frmat = "y"}}',
            "frmat; did you mean format?",
        ),
        (
            BASE + '[tables.orders]\npath = "x"',
            "unknown key tables.orders; known keys there: capacity, commitments, contacts",
        ),
        (BASE + "[tables.kpi]\n", "exactly one of table, path and sql says where the rows are, found none"),
        (BASE + '[tables.kpi]\npath = "x"\nsql = "y"', "found path and sql"),
        (
            BASE + '[channels.tv]\nsaturation = "hil"',
            "channels.tv.saturation is 'hil'; choose 'hill', 'logistic', 'michaelis_menten' or 'none'",
        ),
        (
            BASE + "[channels.tv]\nroas = {lower = 2, upper = 1}",
            "channels.tv.roas: lower (2.0) must be below upper (1.0)",
        ),
        (BASE + "currency = 5", "workspace.currency is 5: input should be a valid string"),
        (BASE + 'currency = "Euro"', "workspace.currency is 'Euro'"),
        (BASE + "[media_mix]\nyearly_harmonics = 2.5", "media_mix.yearly_harmonics is 2.5"),
        (BASE + '[media_mix]\nholidays = "perhaps"', "media_mix.holidays is 'perhaps'"),
        (
            BASE + '[experiments.a]\ncontrol = "c"\nmetrics = [{nme = "x"}]',
            "experiments.a.metrics.0.nme; did you mean name?",
        ),
        (BASE + '[experiments.a]\nkind = "geoo"', "experiments.a.kind is 'geoo'; choose 'users' or 'geo'"),
        (
            BASE + '[experiments.a]\nkind = "geo"\ntreated = ["x"]\nstart = 2021-02-01\nend = 2021-01-01',
            "experiments.a: start (2021-02-01) must not be after end (2021-01-01)",
        ),
        (
            BASE + '[experiments.a]\nkind = "geo"\ntreated = []\nstart = 2021-01-01\nend = 2021-01-01',
            "experiments.a: name the treated markets once, as treated or as cells",
        ),
        ("[[", "is not valid TOML"),
        ("", "key workspace is missing"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, text, sentence):
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text)
    message = str(error.value)
    assert sentence in message
    assert str(tmp_path / "workbench.toml") in message
    assert "\n" not in message


def test_the_nearest_file_upwards_is_found(tmp_path):
    (tmp_path / "workbench.toml").write_text(BASE)
    inside = tmp_path / "notebooks" / "apps"
    inside.mkdir(parents=True)
    assert find_config(inside) == tmp_path / "workbench.toml"
    with pytest.raises(ConfigError, match=r"no workbench.toml in"):
        find_config(Path("/"))


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        load_config(tmp_path / "workbench.toml")
