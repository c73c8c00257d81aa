"""The function's code with programs beside it, as somebody deployed them."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.localcloud.config import REPOSITORY

DEPLOYED = Path(__file__).parent / "deployed"


def code_with_programs(folder: Path) -> Path:
    """A copy of the code below a folder; its path."""
    code, no_caches = folder / "code", shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "src", code, ignore=no_caches)
    shutil.copytree(DEPLOYED, code / "programs", ignore=no_caches)
    return code
