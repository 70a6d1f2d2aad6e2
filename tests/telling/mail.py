"""A mail server on this machine that asks for a password and keeps what it is sent."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Lock
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

USER, PASSWORD = "ann", "hunter2-Qx7"


@dataclass
class Mailbox:
    """What has arrived.

    Attributes:
        port: Where the server listens on this machine.
    """

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        return f"mailto://{USER}:{PASSWORD}@127.0.0.1:{self.port}/?from=workbench@example.com&to=analysts@example.com"

    @property
    def subjects(self) -> list[str]:
        return sorted(str(mail["Subject"]) for mail in self.mails)

    def texts(self) -> list[str]:
        return [text_of(mail) for mail in self.mails]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        with self.lock:
            self.mails.append(message_from_bytes(envelope.original_content or b"", policy=default))  # type: ignore[arg-type]
        return "250 OK"


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def attachments_of(mail: EmailMessage) -> dict[str, bytes]:
    return {str(part.get_filename()): part.get_content() for part in mail.iter_attachments()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mail_server(port: int = 0) -> Iterator[Mailbox]:
    """A server that takes mail from whoever knows the password."""
    mailbox = Mailbox(port or free_port())
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=mailbox.port,
        authenticator=_knows_the_password,
        auth_required=True,
        auth_require_tls=False,
    )
    with warnings.catch_warnings():
        # It never leaves this machine.
        warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
        controller.start()
        try:
            yield mailbox
        finally:
            controller.stop()


def _knows_the_password(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    given = (
        data.login == USER.encode() and data.password == PASSWORD.encode() if isinstance(data, LoginPassword) else False
    )
    return AuthResult(success=given)
