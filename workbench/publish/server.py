"""Serve an app in the browser, on this machine only.

Voila runs whatever notebook lies under its root, shows it to whoever asks, and lets the visitor choose templates. So the
root is a folder made for the purpose that holds one notebook, and everything that the visitor could choose is off.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.store import latest_run

if TYPE_CHECKING:
    from traitlets.config import Config
    from voila.app import Voila

    from workbench.workspace import Workspace

SHARE = Path(__file__).parents[1] / "apps" / "share"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks" / "apps"
ANALYSIS_OF_APP = {"scenario_planner": "scenario_planning"}
HOST = "127.0.0.1"
PORT = 8866
IDLE_SECONDS = 1800
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        # Voila and the widgets' front ends write scripts and styles into the page; plotly compiles its shaders.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def serve_app(name: str, workspace: Workspace, *, port: int = PORT, open_browser: bool = False) -> None:
    """Serve one app of `notebooks/apps` at http://127.0.0.1:`port` until interrupted.

    Raises:
        RunError: If there is no such app, the port is taken, or no run has saved what the app shows.
    """
    if name not in ANALYSIS_OF_APP:
        raise RunError(f"there is no app {name!r}; known apps: {', '.join(ANALYSIS_OF_APP)}")
    latest_run(workspace.reports, ANALYSIS_OF_APP[name])
    _refuse_taken(port)
    _prepare_environment(workspace)
    with tempfile.TemporaryDirectory(prefix="workbench-app-") as root:
        title = name.replace("_", " ").capitalize()
        published = Path(shutil.copy(NOTEBOOKS / f"{name}.ipynb", Path(root) / f"{title}.ipynb"))
        server = _isolated_voila()
        server.clear_instance()
        app = server.instance(config=app_config(published.parent, port, open_browser=open_browser))
        app.initialize([str(published)])
        app.start()


def app_config(root: Path, port: int, *, open_browser: bool = False) -> Config:
    """Voila's settings: one folder, no choices for visitors, nothing from outside, idle sessions ended."""
    from traitlets.config import Config

    return Config(
        Voila={
            "root_dir": str(root),
            "ip": HOST,
            "port": port,
            "port_retries": 0,
            "open_browser": open_browser,
            "log_level": "WARN",
            "tornado_settings": {"headers": HEADERS},
        },
        VoilaConfiguration={
            "template": "workbench",
            "theme": "light",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "file_allowlist": [],
            "strip_sources": True,
            "show_tracebacks": False,
            "extension_allowlist": [
                "anywidget",
                "@jupyter-widgets/jupyterlab-manager",
                "@voila-dashboards/widgets-manager8",
            ],
            "preheat_kernel": True,
            "default_pool_size": 2,
        },
        KernelManager={"transport": "ipc"},
        MappingKernelManager={
            "cull_idle_timeout": IDLE_SECONDS,
            "cull_interval": 60,
            "cull_connected": True,
        },
    )


def _isolated_voila() -> type[Voila]:
    """Voila without the configuration files that lie around on a machine: the settings here are all there are."""
    from voila.app import Voila

    class IsolatedVoila(Voila):
        def load_config_file(self, *_names: object, **_options: object) -> None:
            return None

    IsolatedVoila.__name__ = "Voila"
    return IsolatedVoila


def _prepare_environment(workspace: Workspace) -> None:
    from workbench.workspace import WORKSPACE_VARIABLE

    os.environ[WORKSPACE_VARIABLE] = str(workspace.root)
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [str(SHARE), os.environ.get("JUPYTER_PATH", "")]))


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise RunError(
                f"port {port} of this machine can't be used ({error.strerror}); choose another port"
            ) from None
