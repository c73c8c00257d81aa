"""``curl | curl``: what one would type. One request on each side for everything.

The figures are those of the two processes as a whole, whose start is a few milliseconds.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

from tests.bench.copiers.measuring import Errand, Measure


def available() -> bool:
    """Whether there is a curl to compare with."""
    return shutil.which("curl") is not None


def copy(errand: Errand, authority: Path) -> Measure:
    """Run both until they have ended; ``authority`` is whose certificates they trust."""
    curl = ["curl", "-sSf", "--noproxy", "*", "--cacert", str(authority)]
    # A length, because OSS takes no upload_part without one; no Expect, which costs a second.
    length = f"Content-Length: {errand.size}"
    headers = ["-H", "Expect:", "-H", "Transfer-Encoding:", "-H", length]
    began = time.perf_counter()
    getting = subprocess.Popen([*curl, errand.source], stdout=subprocess.PIPE)
    assert getting.stdout is not None
    putting = subprocess.Popen(
        [*curl, "-o", os.devnull, *headers, "-T", "-", f"{errand.sink}/object"],
        stdin=getting.stdout,
    )
    getting.stdout.close()
    ends = [os.wait4(process.pid, 0) for process in (getting, putting)]
    for process, (_, status, _) in zip((getting, putting), ends, strict=True):
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if getting.returncode or putting.returncode:
        raise SystemExit(f"curl failed: {json.dumps(asdict(errand))}")
    usages = [usage for _, _, usage in ends]
    return Measure(
        size=errand.size,
        seconds=seconds,
        cpu=sum(usage.ru_utime + usage.ru_stime for usage in usages),
        peak_mb=sum(usage.ru_maxrss for usage in usages) / 1024,
    )
