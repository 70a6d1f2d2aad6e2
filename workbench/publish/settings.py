"""Voila's settings: one folder, no choices for visitors, nothing from outside, idle pages ended."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.config.publishing import Login, Publish
from workbench.errors import ConfigError
from workbench.publish.page_processes import how_pages_start
from workbench.publish.password import password_hash

if TYPE_CHECKING:
    from traitlets.config import Config

    from workbench.workspace import Workspace

SHARE = Path(__file__).parents[1] / "apps" / "share"
PAGE_FILES = SHARE / "voila" / "templates" / "workbench" / "static"
_LARGEST_FORM = 64 * 2**10


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """How visitors come in.

    Attributes:
        login: Never `auto`.
        hashed: The password's hash, empty where none is asked for.
    """

    login: Login
    hashed: str = ""


def is_local(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def entrance(config: Publish, workspace: Workspace) -> Entrance:
    """Settle how visitors come in.

    Raises:
        ConfigError: If others than this machine's own users could come in without any login.
    """
    hashed = password_hash(workspace) if config.login in {"auto", "password"} else ""
    login = config.login if config.login != "auto" else ("password" if hashed or not is_local(config.host) else "none")
    if login == "password" and not hashed:
        raise ConfigError(
            f"{config.host} asks for a password and none is set; run `workbench publish --set-password` first"
            + ("" if is_local(config.host) else ", or serve this machine alone with --host 127.0.0.1")
        )
    if login == "none" and not is_local(config.host):
        raise ConfigError(
            f'other machines reach {config.host}, where publish.login = "none" would let everyone in; '
            "remove that line and run `workbench publish --set-password`, or serve this machine alone with --host 127.0.0.1"
        )
    return Entrance(login=login, hashed=hashed)


def base_url(config: Publish) -> str:
    """The path of the start page, which begins and ends in a slash."""
    return f"/{config.url_prefix.strip('/')}/".replace("//", "/")


def voila_config(config: Publish, root: Path, frame: dict[str, object]) -> Config:
    """Settings of Voila and of the processes that it starts.

    Args:
        root: Folder of the notebooks.
        frame: What the pages' header shows, as their template reads it.
    """
    from traitlets.config import Config

    return Config(
        Voila={
            "root_dir": str(root),
            "ip": config.host,
            "port": config.port,
            "port_retries": 0,
            "base_url": base_url(config),
            "open_browser": False,
            "log_level": "WARN",
        },
        VoilaConfiguration={
            "template": "workbench",
            "theme": "light",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "file_allowlist": [],
            "strip_sources": True,
            "resources": {"workbench": frame},
            "show_tracebacks": False,
            "preheat_kernel": True,
            "default_pool_size": config.ready,
        },
        KernelProvisionerFactory=how_pages_start(),
        # A process started anew knows nothing of its page: the page must hear that its own is gone.
        KernelManager={"transport": "ipc", "autorestart": False},
        MappingKernelManager={
            "cull_idle_timeout": max(1, round(60 * config.idle_minutes)),
            "cull_interval": max(1, min(60, round(10 * config.idle_minutes))),
            "cull_connected": True,
        },
    )


def listening(config: Publish, workspace: Workspace) -> dict[str, object]:
    """Options of the listening socket: TLS where a certificate is given, and no large forms.

    Raises:
        ConfigError: If the certificate and key can't be used.
    """
    options: dict[str, object] = {"max_body_size": _LARGEST_FORM}
    if config.certificate:
        import ssl

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        chain, key = workspace.root / config.certificate, workspace.root / config.key
        try:
            context.load_cert_chain(chain, key)
        except OSError as error:
            raise ConfigError(
                f"{chain} and {key} can't be used ({error.strerror or error}); name PEM files that belong together"
            ) from None
        options["ssl_options"] = context
    return options
