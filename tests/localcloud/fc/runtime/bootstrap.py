"""Entry point of the zygote and of instances that start afresh: ``bootstrap.py ROLE ARGS``.

It loads this package under a name that no function's code can collide with, and leaves nothing
of this repository on ``sys.path``.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

PACKAGE = "_fc_runtime"
SCRIPT = Path(__file__)


def load(module: str) -> ModuleType:
    """Import one module of this package, wherever it is, under the private name."""
    if PACKAGE not in sys.modules:
        folder = SCRIPT.parent
        spec = importlib.util.spec_from_file_location(
            PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        if spec is None or spec.loader is None:
            raise ImportError(f"no package at {folder}")
        package = sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
    return importlib.import_module(f"{PACKAGE}.{module}")


if __name__ == "__main__":
    load(sys.argv[1]).main(*sys.argv[2:])
