"""`workbench publish` and `workbench apps`."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import JsonOption, WorkspaceOption, print_json
from workbench.errors import ConfigError, RunError
from workbench.wording import count

if TYPE_CHECKING:
    from workbench.config.publishing import Publish
    from workbench.workspace import Workspace

HostOption = Annotated[
    str | None, typer.Option("--host", help="Address to listen at; 0.0.0.0 for all of this machine.")
]
PortOption = Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Port to listen at.")]
PrefixOption = Annotated[
    str | None, typer.Option("--url-prefix", metavar="PATH", help="Path that everything lies under.")
]
OpenOption = Annotated[bool, typer.Option("--open/--no-open", help="Whether to open a browser when ready.")]
SessionsOption = Annotated[int | None, typer.Option("--max-sessions", min=1, help="Pages that may be open at once.")]
IdleOption = Annotated[float | None, typer.Option("--idle-minutes", help="End a page that nobody touches for so long.")]
CertificateOption = Annotated[
    str | None, typer.Option("--certificate", metavar="PEM", help="Serve HTTPS with this certificate.")
]
KeyOption = Annotated[str | None, typer.Option("--key", metavar="PEM", help="The certificate's key.")]
PasswordOption = Annotated[
    bool, typer.Option("--set-password", help="Set the password, asked for or read from standard input, and end.")
]
UpdateOption = Annotated[
    bool, typer.Option("--update", help="Publish the newest runs, also on a running server, and end.")
]
AsPublishedOption = Annotated[
    bool, typer.Option("--as-published", help="Serve what was published last, not the newest runs.")
]
StatusOption = Annotated[bool, typer.Option("--status", help="Tell how the running server does, and end.")]


def publish(
    host: HostOption = None,
    port: PortOption = None,
    url_prefix: PrefixOption = None,
    browser: OpenOption = False,
    max_sessions: SessionsOption = None,
    idle_minutes: IdleOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    set_password: PasswordOption = False,
    update: UpdateOption = False,
    as_published: AsPublishedOption = False,
    status: StatusOption = False,
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """Publish the newest finished runs: serve their apps and reports to others until interrupted."""
    from workbench.publish.publishing import publish as serve
    from workbench.workspace import open_workspace

    if sum((set_password, update, as_published, status)) > 1:
        raise RunError("--set-password, --update, --as-published and --status each do one thing; give one of them")
    opened = open_workspace(workspace)
    if set_password:
        _set_password(opened, json)
    elif update:
        _update(opened, json)
    elif status:
        _status(opened, json)
    else:
        options = {
            "host": host,
            "port": port,
            "url_prefix": url_prefix,
            "max_sessions": max_sessions,
            "idle_minutes": idle_minutes,
            "certificate": certificate,
            "key": key,
        }
        config = _with_options(opened.config.publish, options)
        serve(opened, config, as_published=as_published, open_browser=browser, say=_say)


def apps(
    name: Annotated[str, typer.Argument(metavar="APP", help="Name of the app.")] = "scenario_planner",
    port: PortOption = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Whether to open it.")] = False,
    workspace: WorkspaceOption = "",
) -> None:
    """Publish the newest runs and serve one app on this machine until interrupted."""
    from workbench.publish.publishing import publish as serve
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    config = _with_options(opened.config.publish, {"host": "127.0.0.1", "port": port})
    serve(opened, config, app=name, open_browser=browser, say=_say)


def _with_options(config: Publish, options: dict[str, Any]) -> Publish:
    """The settings of `workbench.toml`, replaced by what the command says."""
    from pydantic import ValidationError

    from workbench.config.publishing import Publish

    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Publish.model_validate(config.model_dump() | given)
    except ValidationError as error:
        told = error.errors()[0]
        rule = told["msg"].removeprefix("Value error, ")
        if not told["loc"]:
            # Several options together: what was found would be all settings, secrets among them.
            raise ConfigError(f"the options and [publish] of workbench.toml: {rule}") from None
        option = "--" + str(told["loc"][0]).replace("_", "-")
        raise ConfigError(f"{option}: {rule}; found {told['input']!r}") from None


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _set_password(workspace: Workspace, json: bool) -> None:
    from workbench.publish.password import set_password

    path = set_password(workspace, _typed_password())
    told = f"the password is set; its hash lies in {path}, and a running server asks for it from its next start"
    print_json({"password_file": str(path)}) if json else print(told)


def _typed_password() -> str:
    """From the terminal unseen and twice, else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("New password: ")
    if getpass.getpass("Again: ") != password:
        raise ConfigError("the two passwords differ; nothing was changed, try again")
    return password


def _update(workspace: Workspace, json: bool) -> None:
    from workbench.publish.publication import apps_of, publish_newest

    notes: list[str] = []
    publication = publish_newest(workspace, say=notes.append)
    if json:
        pack = publication.pack.pack_id if publication.pack else None
        print_json(
            {
                "published_at": publication.published_at.isoformat(),
                "runs": publication.runs,
                "pack": pack,
                "notes": notes,
            }
        )
        return
    told = f"{count(len(publication.run_ids))} runs are published since {publication.published_at:%Y-%m-%d %H:%M} UTC"
    print(f"{told}, shown by {', '.join(apps_of(publication)) or 'no app'}; open pages keep what they show")
    for note in notes:
        print(note)


def _status(workspace: Workspace, json: bool) -> None:
    from dataclasses import asdict

    from workbench.publish.status import measure, memory_sentence, read_status

    status = read_status(workspace)
    memory = measure(status.pid)
    if json:
        print_json(asdict(status) | {"page_bytes": memory.each, "available_bytes": memory.available})
        return
    print(f"{status.url} serves {', '.join(status.apps)} (login: {status.login}, process {status.pid})")
    print(f"published {status.published_at}; {status.open_pages} of {status.max_sessions} pages are open")
    print(memory_sentence(memory, status.max_sessions))
