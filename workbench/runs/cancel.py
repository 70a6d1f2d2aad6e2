"""End a run from outside: its supervisor is asked, and ends the notebook's process, its kernel and their children."""

from __future__ import annotations

import getpass
import socket
import time
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.history import find_run, open_history
from workbench.runs.ledger import Ledger, Wanted

if TYPE_CHECKING:
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.2


def cancel_run(workspace: Workspace, name: str, patience: float = PATIENCE_SECONDS) -> RunRecord:
    """Cancel a running run, on whichever machine it runs, and wait until it has ended.

    Args:
        workspace: Whose run.
        name: Its id or a unique beginning of it.
        patience: Seconds to wait.

    Returns:
        The run as it ended: cancelled, unless it came to its end by itself meanwhile.

    Raises:
        RunError: If it doesn't run, or its supervisor doesn't answer in time.
    """
    record, ledger = find_run(workspace, name), open_history(workspace)
    if not ledger.ask_to_cancel(record.run_id, f"{_user()} on {socket.gethostname()}"):
        raise RunError(f"run {record.run_id} is {record.status.replace('_', ' ')}; only a running one can be cancelled")
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        ended = _now(ledger, record.run_id)
        if ended.status != "running":
            return ended
        time.sleep(_LOOK_SECONDS)
    raise RunError(
        f"run {record.run_id} was asked to end and hasn't within {patience:g} s; its supervisor may be on a machine that sleeps: "
        "`workbench runs` tells when it has ended or is lost"
    )


def _now(ledger: Ledger, run_id: str) -> RunRecord:
    ledger.settle_lost()
    return ledger.runs(Wanted(begins=run_id, most=1))[0]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
