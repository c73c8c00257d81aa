"""rclone, where it is installed, from the origin into the bench's own sink, through its S3 backend.

It cannot write to the OSS of this cloud, whose signatures it does not know; the sink looks at none
and keeps nothing, and costs less. With all that can be left out left out, it sends three requests
for an item: HEAD, GET and PUT. (Into WebDAV it would send a hundred requests in a second at most.)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

TRANSFERS = 64
_INTO = (
    *("--s3-provider", "Other", "--s3-access-key-id", "any", "--s3-secret-access-key", "any"),
    *("--s3-no-head", "--s3-no-check-bucket", "--no-check-dest", "--ignore-checksum"),
)

# The configuration of whoever runs the bench, and their authorities, are none of its business.
_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", ""),
    "RCLONE_CONFIG": os.devnull,
    "NO_PROXY": "127.0.0.1",
}


def available() -> bool:
    """Whether there is one."""
    return shutil.which("rclone") is not None


def copy(url: str, names: Sequence[str], sink: str) -> tuple[float, float]:
    """Copy these names below ``url``; the seconds and CPU seconds that it took.

    Its start counts, which takes a tenth of a second or two.
    """
    with tempfile.TemporaryDirectory(prefix="ossferry-bench-") as folder:
        listed = Path(folder) / "list"
        listed.write_text("".join(f"{each}\n" for each in names))
        began = time.perf_counter()
        process = subprocess.Popen(
            [
                *("rclone", "copy", ":http:", ":s3:bench", "--files-from-raw", str(listed)),
                *("--http-url", url, "--s3-endpoint", sink, *_INTO, "--no-traverse", "--quiet"),
                *("--transfers", str(TRANSFERS), "--checkers", str(TRANSFERS)),
            ],
            env=_ENVIRONMENT,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"rclone ended with {process.returncode}; its last words are above")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime
