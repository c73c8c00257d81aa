"""What an instance loads before its first request, in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src"
PROGRAM = """
import json, sys, index
before = set(sys.modules)
index.initializer(None)
print(json.dumps([sorted(before), sorted(set(sys.modules) - before), index.tls.cache_info()]))
"""


def test_an_initializer_loads_certificates_and_nothing_of_coordinators_and_depots() -> None:
    """Hundreds of children start cold and pay for it; what they need has come with the handler."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONPATH": str(SRC)},
        capture_output=True,
        check=True,
        timeout=60,
    )
    before, added, certificates = json.loads(done.stdout)
    assert "ossferry.copying.child" in before
    assert "fastcrc" in before
    rest = {"ossferry.depot", "ossferry.transfer", "zipfile", "concurrent.futures", "oss2"}
    assert not rest & {*before, *added}
    assert added == []
    assert certificates[3] == 1
