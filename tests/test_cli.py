"""The command line as a script sees it: exit code, standard output, one sentence on standard error."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.runs.programme import record
from tests.runs.test_learnings import remember
from tests.runs.tiny import SAVING, write_notebook
from workbench import cli
from workbench.runs import execute
from workbench.runs.ledger import Ledger
from workbench.runs.record import RunRecord, Summary
from workbench.workspace import open_workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "workbench.toml").write_text('[workspace]\nname = "Tiny"\n', encoding="utf-8")
    write_notebook(tmp_path / "notebooks", "tiny", "1 / 0")
    return tmp_path


@pytest.fixture
def workbench(root: Path, monkeypatch, capsys):
    """Call the command line on the tiny workspace: (exit code, stdout, stderr)."""

    monkeypatch.setenv("COLUMNS", "140")  # tables are as wide as the terminal, and the tests run in many

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", *arguments, "--workspace", str(root)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return call


def test_help_imports_nothing_heavy():
    heavy = ("pandas", "ibis", "sqlalchemy", "papermill", "matplotlib", "pymc")
    script = (
        "import sys; sys.argv = ['workbench', '--help']\nfrom workbench.cli import main\n"
        f"try:\n    main()\nfinally:\n    print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
    for command in ("run", "runs", "show", "check", "report", "params", "sample", "demo", "learnings", "compare"):
        assert command in done.stdout


def test_parameters_are_listed_for_people_and_for_scripts(workbench):
    code, out, _ = workbench("params", "tiny", "--json")
    assert code == 0
    assert json.loads(out)[1] == {
        "name": "budget",
        "type": "float",
        "default": 2.5,
        "optional": False,
        "help": "in currency",
    }
    code, out, _ = workbench("params", "tiny")
    assert ["seed", "int", "1", "random", "seed"] in [line.split() for line in out.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "tiny", "-p", "sed=1"], "tiny has no parameter 'sed'; did you mean seed?"),
        (["run", "tiny", "-p", "seed=2024-01-01"], "parameter seed takes a whole number, found '2024-01-01'"),
        (["run", "tinny"], "there is no notebook 'tinny'; did you mean tiny?"),
        (["show", "latest"], "there is no run 'latest'"),
        (["report", "x"], "there is no run 'x'"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_one(workbench, arguments, sentence):
    code, out, err = workbench(*arguments)
    assert code == 1
    assert out == ""
    assert err.startswith("workbench: ")
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


def test_a_folder_without_configuration_is_one_sentence(workbench, root):
    (root / "workbench.toml").unlink()
    code, _, err = workbench("runs")
    assert code == 1
    assert "workbench.toml" in err
    assert len(err.strip().splitlines()) == 1


def test_no_runs_yet(workbench):
    assert workbench("runs", "--json") == (0, "[]\n", "")
    assert "no runs yet" in workbench("runs")[1]


@pytest.mark.slow
def test_a_failed_run_is_told_and_found_again(workbench, root):
    code, out, err = workbench("run", "tiny", "--json")
    assert code == 1
    record = json.loads(out)
    assert record["status"] == "failed"
    assert err.splitlines()[-1] == f"workbench: {record['reason']}"
    assert "Traceback" not in err
    (listed,) = json.loads(workbench("runs", "--json")[1])
    assert listed == record
    assert json.loads(workbench("show", record["run_id"][:12], "--json")[1]) == record
    code, _, err = workbench("report", record["run_id"])
    assert code == 1
    assert "is failed (command) and has no report" in err


@pytest.mark.slow
def test_a_finished_run_is_shown_and_written_again(workbench, root, tmp_path):
    write_notebook(root / "notebooks", "seeds", SAVING)
    code, out, err = workbench("run", "seeds", "-p", "seed=4")
    assert code == 0, err
    assert "The seed is 4." in out
    assert "checks: 1 passed, 1 failed" in out
    assert "seeds: cell 3/3 Step 1" in err
    first = Path(out.splitlines()[-1])
    assert first.read_bytes().startswith(b"%PDF")
    shown = workbench("show", "latest")[1]
    assert "seed = 4" in shown
    assert "handoff/lift_record.csv" in shown
    target = tmp_path / "again.html"
    code, out, _ = workbench("report", "latest", "--format", "html", "--output", str(target), "--json")
    assert (code, json.loads(out)["path"]) == (0, str(target))
    assert "<html" in target.read_text()
    code, out, _ = workbench("report", "latest", "--output", str(tmp_path / "again.pdf"))
    assert Path(out.strip()).read_bytes() == first.read_bytes()
    assert len(Ledger(root / "reports").runs()) == 1


CONFIG = """
[workspace]
name = "Tiny"
[experiments.winter]
kind = "users"
control = "a"
metrics = [{ name = "revenue" }]
[experiments.another_winter]
kind = "users"
control = "a"
metrics = [{ name = "revenue" }]
[experiments.spring]
kind = "geo"
treated = ["DE-1"]
start = 2025-03-03
end = 2025-03-30
"""


@pytest.mark.parametrize(("broken", "expected"), [("", 0), ("media_mix", 1)])
def test_the_demo_follows_the_loop_and_tells_what_it_found(workbench, root, monkeypatch, broken, expected):
    later = "".join(f'[tables.later_{name}]\npath = "later_{name}.parquet"\n' for name in ("media", "kpi"))
    (root / "workbench.toml").write_text(CONFIG + later, encoding="utf-8")
    started = []

    def run_notebook(workspace, name, assignments=(), **_):
        started.append((name, *assignments))
        run = RunRecord(run_id=f"id-{len(started)}", notebook=name, started_at=datetime.now(UTC), path=root / name)
        if name == broken:
            return run.ended("failed", reason="it broke [here]")
        return replace(
            run.ended("finished"), summary=Summary(headline=f"{name} earns €1m", checks_passed=3, checks_failed=2)
        )

    monkeypatch.setattr(execute, "run_notebook", run_notebook)
    monkeypatch.setenv("COLUMNS", "400")
    code, out, _ = workbench("demo")
    assert code == expected
    assert started == [
        ("segmentation",),
        ("experiment_readout", "experiment=winter"),
        ("experiment_readout", "experiment=spring"),
        ("media_mix",),
        ("scenario_planning",),
        ("performance_review",),
    ]
    assert "segmentation earns €1m" in out
    assert out.count("3 / 2") == 6 - expected
    assert str(Path("reports") / "latest" / "segmentation.pdf") in out
    assert ("failed: it broke [here]" in out) == bool(broken)


def test_past_tests_are_listed_and_filtered(workbench, root):
    assert "no experiment has been read out yet" in workbench("learnings")[1]
    company = open_workspace(root)
    remember(
        company,
        record("banner", relative=0.031, channel="display", tags="web", assumption="Banners work", audience="visitors"),
    )
    remember(company, record("spot", verdict="keep running", channel="tv"))
    remember(company, record("spot", verdict="invalid", channel="tv", markets="DE;AT", owner="Brand team"))
    assert [row["experiment_id"] for row in json.loads(workbench("learnings", "--json")[1])] == ["spot", "banner"]
    assert len(json.loads(workbench("learnings", "--all", "--json")[1])) == 3
    (found,) = json.loads(workbench("learnings", "banners", "--channel", "display", "--tag", "web", "--json")[1])
    assert (found["relative"], found["verdict"], found["profit_lower"]) == (0.031, "ship", None)
    told = workbench("learnings", "--verdict", "ship")[1]
    assert "3.1% orders" in told
    assert "Assumption (supported): Banners work" in told
    assert "spot" not in told
    (found,) = json.loads(workbench("learnings", "--market", "at", "--owner", "brand team", "--json")[1])
    assert found["experiment_id"] == "spot"
    (found,) = json.loads(workbench("learnings", "--audience", "visitors", "--kind", "users", "--json")[1])
    assert found["experiment_id"] == "banner"
    assert "none of the 3 records fits" in workbench("learnings", "--tag", "radio")[1]
    assert workbench("learnings", "--verdict", "won")[0] == 2


def test_check_names_all_files_of_the_configuration(workbench, root):
    own = root / "experiments" / "mail.toml"
    own.parent.mkdir()
    own.write_text('control = "none"\nmetrics = [{ name = "spend" }]\n')
    files = [str(root / "workbench.toml"), str(own)]
    code, out, _ = workbench("check", "--json")
    assert (code, json.loads(out)["files"]) == (1, files)
    assert json.loads(out)["checks"][0]["problems"] == [
        "experiments.mail needs tables.units, which is not mapped; add it"
    ]
    assert all(f"valid   {file}\n" in workbench("check")[1] for file in files)
    own.write_text('contrl = "none"\nmetrics = [{ name = "spend" }]\n')
    code, _, err = workbench("check")
    assert (code, err) == (1, f"workbench: {own}: unknown key contrl; did you mean control?\n")


def test_check_names_each_violation(workbench, root):
    (root / "kpi.csv").write_text("week,market,kpi\n2024-01-01,DE,10\n2024-01-01,DE,11\n")
    with open(root / "workbench.toml", "a") as config:
        config.write('[tables]\nkpi = { path = "kpi.csv" }\n')
    code, out, err = workbench("check", "--json")
    assert (code, err) == (1, "")
    (report,) = json.loads(out)["checks"]
    assert (report["name"], report["rows"]) == ("kpi", 2)
    assert len(report["problems"]) == 1
    code, out, _ = workbench("check")
    assert code == 1
    assert f"broken  kpi, 2 rows, 2024-01-01 to 2024-01-01\n        {report['problems'][0]}\n" in out
    (root / "kpi.csv").write_text("week,market,kpi\n2024-01-01,DE,10\n2024-01-08,DE,11\n")
    assert workbench("check")[0] == 0


def test_a_sample_does_not_replace_the_folder_that_one_is_in(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["workbench", "sample", "company", "."])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    assert ". is the folder that you are in, which can't be replaced; name a new one" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]
