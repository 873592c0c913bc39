"""Writing a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` in UTF-8, and make its folder where that is missing.

    A reader of the file sees the old text or the new one, never a part; a write that fails leaves
    the old file and nothing beside it. A link is followed. What is no regular file, such as
    ``/dev/stdout``, is written to as it stands.

    Raises
    ------
    OSError
        If it cannot be written; its text says why.
    """
    data = text.encode("utf-8", "backslashreplace")
    # A device or a pipe cannot be replaced.
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder: only within one file system is the replacement a single step.
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            # Before the replacement: after a crash some file systems have the new name and no data.
            os.fsync(file.fileno())
        os.replace(temporary, target)
    # An interrupt too must leave nothing beside the old file.
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
