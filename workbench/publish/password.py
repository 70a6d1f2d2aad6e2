"""The password of the published apps: only its argon2 hash is kept, in the workspace's private folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import ConfigError
from workbench.publish.private_folder import private_path, write_private

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.workspace import Workspace

SHORTEST = 10
# What is typed is hashed: a longer one would only cost time.
LONGEST = 1024
_FILE = "publish-password"


def set_password(workspace: Workspace, password: str) -> Path:
    """Keep the password's hash.

    Returns:
        The file that holds it, readable by its owner alone.

    Raises:
        ConfigError: If the password is too short to withstand guessing, or too long.
    """
    from jupyter_server.auth.security import passwd

    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigError(
            f"the password has {len(password)} characters; use {SHORTEST} to {LONGEST}, such as four unrelated words"
        )
    return write_private(workspace, _FILE, passwd(password, "argon2") + "\n")


def password_hash(workspace: Workspace) -> str:
    """The kept hash, empty where no password is set.

    Raises:
        ConfigError: If others may read the file, or it holds no argon2 hash.
    """
    path = private_path(workspace, _FILE)
    if not path.is_file():
        return ""
    if path.stat().st_mode & 0o077:
        raise ConfigError(f"{path} can be read by others; run `chmod 600 {path}` and set a new password")
    hashed = path.read_text(encoding="utf-8").strip()
    if not hashed.startswith("argon2:"):
        raise ConfigError(f"{path} holds no password's hash; run `workbench publish --set-password`")
    return hashed


def is_password(hashed: str, typed: str) -> bool:
    """Whether what was typed is the password; takes the same time for every wrong one."""
    from jupyter_server.auth.security import passwd_check

    return len(typed) <= LONGEST and bool(passwd_check(hashed, typed))
