"""Survivors that are no fault: what they change, nobody can tell, or nobody has to.

Each row: the file, its line before and after, and why; ``nth`` of the lines that read the same.
They are not run, and count as survivors.
"""

from __future__ import annotations

from typing import NamedTuple


class Explained(NamedTuple):
    path: str
    before: str
    after: str
    why: str
    nth: int = 1


ROWS: tuple[Explained, ...] = (
    Explained(
        "copying/board.py",
        "self._changed.notify_all()",
        "pass",
        "who waits looks again a tenth of a second later",
    ),
    Explained(
        "copying/board.py",
        "if elapsed < max(_GRACE, fresh):",
        "if elapsed <= max(_GRACE, fresh):",
        "it is the very moment, and the next look comes a tenth of a second later",
    ),
    Explained(
        "copying/upload.py",
        "self._connection.drop() return TargetUnavailable("
        'f"the connection to OSS broke off: {reason(error)}")',
        'return TargetUnavailable(f"the connection to OSS broke off: {reason(error)}")',
        "a connection without a whole reply is not used again; this one only ends it sooner",
    ),
    Explained(
        "oss/multipart.py",
        'params = {"partNumber": "1", "uploadId": upload_id}',
        'params = {"partNumber": \'1~\', "uploadId": upload_id}',
        "the signer replaces the number",
    ),
    Explained(
        "oss/multipart.py",
        'parts[int(part.findtext("PartNumber") or 0)] = ListedPart(',
        'parts[int(part.findtext("PartNumber") or 1)] = ListedPart(',
        "OSS lists no part without its number; this is for the type checker",
    ),
    Explained(
        "http/connection.py",
        "self.drop()",
        "pass",
        "it is dropped in the line after, too",
    ),
    Explained(
        "http/reply.py",
        "read = 0",
        "read = 1",
        "it is one byte of 64 KiB",
    ),
)
