"""A copy of the tree, in which one file at a time is a mutant while tests run.

Every run is a fresh process with a time limit, and what it started ends with it. Nothing is written
outside the copy, not even by a test that is broken.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import cache_from_source
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.rooms import noticed_by

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path("src/ossferry")
_NEEDED = ("src", "tests", "pyproject.toml", "requirements.txt", "template.yml", "s.yaml")
_ONE_TEST = 60  # seconds; none takes a tenth of that, but a mutant may wait for ever
_ALL_TESTS = 900.0  # seconds


class Trial:
    """One copy, for one mutant at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tree = folder / "tree"

    def survives(self, mutant: Mutant) -> bool:
        """Whether all tests pass; a mutant that hangs has been noticed."""
        path = self._tree / PACKAGE / mutant.path
        original = path.read_bytes()
        # Byte code goes by size and second, by which a mutant need not differ.
        Path(cache_from_source(str(path))).unlink(missing_ok=True)
        try:
            path.write_text(mutant.text, encoding="utf-8")
            return self.passes(noticed_by(mutant.path, self._tree), PYTHONDONTWRITEBYTECODE="1")
        finally:
            path.write_bytes(original)

    def passes(self, tests: Sequence[str], **environment: str) -> bool:
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as scratch:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "pytest", "-x", "-q", "--tb=no"),
                    *(f"--timeout={_ONE_TEST}", "--timeout-method=thread"),
                    *tests,
                ],
                cwd=self._tree,
                env={**os.environ, "TMPDIR": scratch, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                return process.wait(_ALL_TESTS) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def trials(count: int, tests: Sequence[str]) -> Iterator[list[Trial]]:
    """So many copies. Raises ``RuntimeError`` if one of these tests fails without a mutant: it
    would take each for noticed."""
    with tempfile.TemporaryDirectory(prefix="ossferry-mutants-") as name:
        folders = [Path(name) / str(number) for number in range(count)]
        first = folders[0] / "tree"
        first.mkdir(parents=True)
        for each in _NEEDED:
            source = ROOT / each
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, first / each, ignore=ignored)
            else:
                shutil.copy2(source, first / each)
        (first / ".venv").symlink_to(ROOT / ".venv")
        if not Trial(folders[0]).passes(tests):  # which also leaves byte code for all that follow
            raise RuntimeError("the tests have to pass without a mutant first: run make test")
        for folder in folders[1:]:
            shutil.copytree(first, folder / "tree", symlinks=True)
        yield [Trial(folder) for folder in folders]
