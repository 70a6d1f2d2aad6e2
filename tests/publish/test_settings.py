"""Who may come in is settled before anything is served."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.publish.conftest import finished_run
from workbench.cli.app import app
from workbench.config.publishing import Proxy, Publish
from workbench.errors import ConfigError, RunError
from workbench.publish.login.redirects import safe_next
from workbench.publish.password import is_password, password_hash, set_password
from workbench.publish.proxies import trusted_proxy
from workbench.publish.publishing import publish
from workbench.publish.settings import SHARE, base_url, entrance, is_local
from workbench.publish.status import Memory, memory_sentence, read_status
from workbench.workspace import Workspace, open_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "workbench.toml").write_text('[workspace]\nname = "Small company"\n', encoding="utf-8")
    return open_workspace(tmp_path)


def command(workspace: Workspace, *words: str, typed: str = "") -> subprocess.CompletedProcess:
    code = "from workbench.cli.app import main; main()"
    line = [sys.executable, "-c", code, "publish", "--workspace", str(workspace.root), *words]
    return subprocess.run(line, input=typed, capture_output=True, text=True, check=False, timeout=120)


def test_only_the_hash_of_the_password_is_kept_and_only_its_owner_reads_it(workspace):
    path = set_password(workspace, "four unrelated words")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (path.parent / ".gitignore").read_text(encoding="utf-8") == "*\n"
    hashed = password_hash(workspace)
    assert hashed.startswith("argon2:$argon2id$")
    assert "unrelated" not in hashed
    assert is_password(hashed, "four unrelated words")
    for wrong in ("", "four unrelated word", "four unrelated words ", "x" * 100_000, hashed):
        assert not is_password(hashed, wrong)
    set_password(workspace, "four unrelated words")
    assert password_hash(workspace) != hashed


def test_git_does_not_see_the_password(workspace):
    subprocess.run(["git", "init", "-q", str(workspace.root)], check=True)
    set_password(workspace, "four unrelated words")
    listed = ["git", "-C", str(workspace.root), "status", "--porcelain", "--untracked-files=all"]
    assert ".workbench" not in subprocess.run(listed, check=True, capture_output=True, text=True).stdout


def test_a_password_that_others_can_read_is_not_used(workspace):
    set_password(workspace, "four unrelated words").chmod(0o644)
    with pytest.raises(ConfigError, match="can be read by others; run `chmod 600"):
        password_hash(workspace)


def test_the_password_comes_from_standard_input_and_is_never_an_argument(workspace):
    done = command(workspace, "--set-password", typed="four unrelated words\n")
    assert done.returncode == 0
    assert is_password(password_hash(workspace), "four unrelated words")
    assert "unrelated" not in done.stdout + done.stderr
    assert command(workspace, "--set-password", "four unrelated words").returncode != 0
    short = command(workspace, "--set-password", typed="short\n")
    assert (short.returncode, short.stdout) == (1, "")
    assert "the password has 5 characters; use 10 to 1024" in short.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "reports.example.com"])
def test_elsewhere_than_on_this_machine_a_password_is_required(workspace, host):
    with pytest.raises(ConfigError, match="none is set; run `workbench publish --set-password` first, or serve"):
        entrance(Publish(host=host), workspace)
    with pytest.raises(ConfigError, match="would let everyone in"):
        entrance(Publish(host=host, login="none"), workspace)
    set_password(workspace, "four unrelated words")
    assert entrance(Publish(host=host), workspace).login == "password"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_on_this_machine_a_password_is_asked_for_where_one_is_set(workspace, host):
    assert is_local(host)
    assert entrance(Publish(host=host), workspace).login == "none"
    set_password(workspace, "four unrelated words")
    assert entrance(Publish(host=host), workspace).login == "password"
    assert entrance(Publish(host=host, login="none"), workspace).login == "none"


def test_the_command_refuses_in_one_sentence_before_it_starts(workspace):
    finished_run(workspace, "scenario_planning")
    done = command(workspace, "--host", "0.0.0.0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("workbench: 0.0.0.0 asks for a password and none is set; run `workbench publish")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--url-prefix", "reports?"], "--url-prefix: String should match pattern"),
        (["--certificate", "a.pem"], "certificate and key belong together"),
        (["--idle-minutes", "0"], "--idle-minutes: Input should be greater than 0"),
        (["--status", "--update"], "each do one thing"),
        (["--status"], "nothing is served from"),
        (["--as-published"], "nothing was published from"),
    ],
)
def test_mistakes_of_the_command_are_told_in_one_sentence(workspace, words, told):
    done = CliRunner().invoke(app, ["publish", "--workspace", str(workspace.root), *words])
    assert isinstance(done.exception, ConfigError | RunError)
    assert told in str(done.exception)


def test_settings_that_do_not_fit_together_are_told_without_all_others(workspace):
    done = CliRunner().invoke(app, ["publish", "--workspace", str(workspace.root), "--key", "a.pem"])
    assert str(done.exception) == (
        "the options and [publish] of workbench.toml: certificate and key belong together; set both or neither"
    )


def test_a_certificate_that_cannot_be_used_is_refused(workspace):
    finished_run(workspace, "scenario_planning")
    with pytest.raises(ConfigError, match=r"can't be used .*; name PEM files that belong together"):
        publish(workspace, Publish(certificate="a.pem", key="b.pem"), app="scenario_planner", say=lambda _: None)


def test_an_app_that_is_unknown_or_has_nothing_to_show_is_refused(workspace):
    with pytest.raises(RunError, match="no app 'planner'; known apps: scenario_planner"):
        publish(workspace, Publish(), app="planner")
    with pytest.raises(RunError, match="there is no finished run"):
        publish(workspace, Publish(), app="scenario_planner")
    finished_run(workspace, "media_mix")
    with pytest.raises(RunError, match="run `workbench run scenario_planning` first"):
        publish(workspace, Publish(), app="scenario_planner")


def test_update_publishes_and_tells_what(workspace):
    run = finished_run(workspace, "segmentation")
    done = CliRunner().invoke(app, ["publish", "--workspace", str(workspace.root), "--update", "--json"])
    assert json.loads(done.stdout)["runs"] == {"segmentation": [run]}


@pytest.mark.parametrize(("prefix", "path"), [("/", "/"), ("/a", "/a/"), ("/a/", "/a/"), ("/a/b", "/a/b/")])
def test_the_prefix_is_a_path(prefix, path):
    assert base_url(Publish(url_prefix=prefix)) == path


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/wb/app/x?a=1", "/wb/app/x?a=1"),
        ("/wb/", "/wb/"),
        ("/other/", "/wb/"),
        ("/wbx/", "/wb/"),
        ("/wb/../other", "/wb/"),
        ("/wb/%2e%2e/other", "/wb/"),
        ("/wb//evil.example", "/wb/"),
        ("/wb/login?next=/wb/", "/wb/"),
        ("//evil.example/wb/", "/wb/"),
        ("/wb/\r\nSet-Cookie: a=b", "/wb/"),
        ("http://[", "/wb/"),
        ("", "/wb/"),
    ],
)
def test_a_login_leads_below_the_prefix(asked, led):
    assert safe_next(asked, "/wb/") == led


def test_the_secret_of_the_proxy_must_be_there(monkeypatch, tmp_path):
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    with pytest.raises(
        ConfigError, match=r"^publish\.proxy\.secret: env:NO_SUCH_SECRET names an environment variable that isn't set"
    ):
        trusted_proxy(Proxy(addresses=("10.0.0.1",), secret_header="X-A", secret="env:NO_SUCH_SECRET"), tmp_path)
    (tmp_path / "mounted").write_text("Gloster-77\n")
    kept = Proxy(addresses=("10.0.0.1",), secret_header="X-A", secret="file:mounted")
    assert trusted_proxy(kept, tmp_path).secret == "Gloster-77"


def test_memory_is_told_with_what_fits():
    assert memory_sentence(Memory((300_000_000, 200_000_000, 100_000_000), 8_000_000_000), 12) == (
        "an open page takes 200 MB, 12 of them 2.4 GB of the 8.0 GB left"
    )
    assert memory_sentence(Memory((200_000_000,), 1_000_000_000), 12).endswith("set publish.max_sessions to 5")


def test_the_status_of_a_server_that_ended_is_not_told(workspace):
    folder = workspace.root / ".workbench"
    folder.mkdir()
    ended = {"pid": 1, "started": 0.0, "url": "", "login": "", "apps": [], "published_at": "", "open_pages": 0}
    (folder / "publish-server.json").write_text(json.dumps(ended | {"max_sessions": 1, "ready": 1}), encoding="utf-8")
    with pytest.raises(RunError, match="nothing is served"):
        read_status(workspace)


def test_the_pages_ask_for_nothing_outside():
    folders = (SHARE, Path(sys.modules[publish.__module__].__file__).parent / "pages")
    sources = [path for folder in folders for path in folder.rglob("*") if path.suffix in {".j2", ".html", ".css"}]
    assert len(sources) > 5
    assert not [path for path in sources if re.search(r"https?://|//cdn", path.read_text(encoding="utf-8"))]
