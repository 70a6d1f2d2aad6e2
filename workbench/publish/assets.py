"""Scripts and styles of the pages: packed once, kept by browsers, and only below their folder."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import os
import re
from pathlib import Path
from typing import Any

from tornado.web import HTTPError, StaticFileHandler

_PACKED = {".js", ".css", ".svg", ".json", ".map", ".txt"}
_SMALLEST = 1400
# An address that changes with the content: a browser that has it needn't ask again.
_VERSIONED = re.compile(r"/static/v-[0-9a-f]{16}/")
_FOREVER = "private, max-age=31536000, immutable"
_ASK = "private, no-cache"


class PackedFiles:
    """Mixed into handlers of files: a packed copy where the browser takes one, and how long it may keep it."""

    async def get(self: Any, path: str, include_body: bool = True) -> None:
        if ".." in path.split("/") or "\\" in path or "\0" in path:
            raise HTTPError(404)
        await super().get(path, include_body)  # type: ignore[misc]

    def validate_absolute_path(self: Any, root: str, absolute_path: str) -> str | None:
        path: str | None = super().validate_absolute_path(root, absolute_path)  # type: ignore[misc]
        self.plain_path = path
        if path is None or not self._takes_packed() or not _is_worth_packing(Path(path)):
            return path
        self.set_header("Content-Encoding", "gzip")
        return str(packed(Path(path), self.settings["packed_folder"]))

    def get_content_size(self: Any) -> int:
        # The one that was looked at before the packed copy took its place is remembered elsewhere.
        is_packed = self.absolute_path != self.plain_path
        size: int = os.stat(self.absolute_path).st_size if is_packed else super().get_content_size()  # type: ignore[misc]
        return size

    def get_content_type(self: Any) -> str:
        return mimetypes.guess_type(self.plain_path)[0] or "application/octet-stream"

    def set_headers(self: Any) -> None:
        super().set_headers()  # type: ignore[misc]
        self.set_header("Cache-Control", _FOREVER if _VERSIONED.search(self.request.path) else _ASK)
        self.set_header("Vary", "Accept-Encoding")

    def _takes_packed(self: Any) -> bool:
        return "gzip" in self.request.headers.get("Accept-Encoding", "")


class PageFiles(PackedFiles, StaticFileHandler):
    """Scripts of the pages."""


def files_version(folder: Path) -> str:
    """The part of the files' address that changes with any of them."""
    contents = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        contents.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"v-{contents.hexdigest()[:16]}/"


def packed(path: Path, folder: Path) -> Path:
    """The file's packed copy, made when it is first asked for."""
    state = path.stat()
    name = hashlib.sha256(f"{path}\0{state.st_mtime_ns}\0{state.st_size}".encode()).hexdigest()[:32]
    copy = folder / f"{name}.gz"
    if not copy.is_file():
        staged = copy.with_suffix(".part")
        staged.write_bytes(gzip.compress(path.read_bytes(), compresslevel=6, mtime=0))
        # Browsers ask whether it changed since they got it, also of a server that was started anew.
        os.utime(staged, ns=(state.st_atime_ns, state.st_mtime_ns))
        staged.replace(copy)
    return copy


def _is_worth_packing(path: Path) -> bool:
    return path.suffix in _PACKED and path.stat().st_size >= _SMALLEST
