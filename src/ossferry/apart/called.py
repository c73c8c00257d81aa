"""Calls ``module:function`` with two paths and parameters, in a Python process of its own.

Run as a script, and imports nothing of ours: what the function sees is its own folder and what the
deployed function imports from, and nothing of the invocation.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any


def main(asked: dict[str, Any]) -> None:
    """``asked`` has the ``function``, its ``search_path``, both paths, and the ``parameters``."""
    sys.path[:0] = [each for each in asked["search_path"] if each not in sys.path]
    module, _, name = asked["function"].partition(":")
    function = getattr(importlib.import_module(module), name)
    code = function(Path(asked["file"]), Path(asked["folder"]), **asked["parameters"])
    # Nothing is success, as it is for a script; a number is an exit code.
    sys.exit(code if isinstance(code, int) and not isinstance(code, bool) else 0)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
