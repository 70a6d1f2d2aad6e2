"""A page's own process: a visitor moves its widgets and ends it, and reaches nobody else's."""

from __future__ import annotations

import json
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.connection.base import (
    deserialize_binary_message,
    deserialize_msg_from_ws_v1,
)
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado.web import HTTPError
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

# What a page's widgets need: to be found, moved and closed. There is no message here that runs code.
_WIDGET_MESSAGES = frozenset({"comm_msg", "comm_close", "comm_info_request", "kernel_info_request"})
_WIDGET_STATE = "jupyter.widget.control"
_LARGEST_MESSAGE = 4 * 2**20


class OwnProcess:
    """Mixed into handlers of one process: those of others don't exist."""

    async def prepare(self: Any) -> None:
        if self.current_user is not None:
            kernel_id = self.path_kwargs.get("kernel_id") or self.path_args[0]
            if not self.settings["places"].belongs(kernel_id, self.current_user.username):
                raise HTTPError(404)
        await super().prepare()  # type: ignore[misc]


class IsItThere(OwnProcess, KernelHandler):  # type: ignore[misc]
    """Tells a page whether its process still runs."""

    SUPPORTED_METHODS = ("GET",)

    async def get(self, kernel_id: str) -> None:
        if not await ensure_async(self.kernel_manager.get_kernel(kernel_id).is_alive()):
            raise HTTPError(404)
        await ensure_async(super().get(kernel_id))


class EndIt(OwnProcess, VoilaShutdownKernelHandler):
    """Ends the process of a page that is being closed."""


class WidgetSocket(OwnProcess, VoilaKernelWebsocketHandler):
    """Carries what the page's widgets say, and nothing else."""

    async def prepare(self) -> None:
        # Browsers always say where a page is from; that it is from here is checked where the socket opens.
        if not self.request.headers.get("Origin"):
            raise HTTPError(403)
        await super().prepare()

    def on_message(self, ws_message: str | bytes) -> None:
        if len(ws_message) <= _LARGEST_MESSAGE and is_widget_message(ws_message, self.selected_subprotocol):
            super().on_message(ws_message)
        else:
            self.log.warning("a message that no widget sends was dropped")


def is_widget_message(message: str | bytes, protocol: str | None) -> bool:
    """Whether a message may reach the process: shell messages of widgets; only their state channel may be opened.

    Args:
        message: As it came over the socket.
        protocol: The socket's subprotocol; None for the first one, in which messages have no frames.
    """
    try:
        channel, header, content = _parts(message, protocol)
    except (ValueError, KeyError, TypeError, IndexError, UnicodeDecodeError):
        return False
    kind = header.get("msg_type")
    opens_state = kind == "comm_open" and content.get("target_name") == _WIDGET_STATE
    return channel in {"shell", "control"} and (kind in _WIDGET_MESSAGES or opens_state)


def _parts(message: str | bytes, protocol: str | None) -> tuple[str, dict[str, Any], dict[str, Any]]:
    if protocol == "v1.kernel.websocket.jupyter.org":
        channel, frames = deserialize_msg_from_ws_v1(message)
        return channel, json.loads(frames[0]), json.loads(frames[3])
    whole = deserialize_binary_message(message) if isinstance(message, bytes) else json.loads(message)
    return whole["channel"], whole["header"], whole["content"]
