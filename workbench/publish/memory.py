"""What an open page costs: the memory that its process alone takes, shared parts by their share."""

from __future__ import annotations

import psutil


def memory_of(pid: int) -> int:
    """Bytes of a process: proportional where the system counts shared pages so, else those of its own."""
    try:
        told = psutil.Process(pid).memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(told, "pss", 0) or told.uss)


def process_memory(pid: int) -> list[int]:
    """Bytes of each page's process that the server of this id holds, the largest first."""
    try:
        children = [child for child in psutil.Process(pid).children(recursive=True) if not _forks_pages(child, pid)]
    except psutil.Error:
        return []
    return sorted(filter(None, (memory_of(child.pid) for child in children)), reverse=True)


def _forks_pages(process: psutil.Process, server: int) -> bool:
    return process.ppid() == server and "workbench.publish.fork_pages" in process.cmdline()


def available_memory() -> int:
    """Bytes that new processes of this machine can get."""
    return int(psutil.virtual_memory().available)
