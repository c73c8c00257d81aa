"""A function of somebody's own: it is deployed beside ossferry and uses what the depot holds."""

from __future__ import annotations

import importlib
import json
import os
import sys


def handler(event: bytes, context: object) -> str:
    """Answer with what a package from the depot says, and where it was found."""
    greeting = importlib.import_module("greeting")
    return json.dumps(
        {
            "said": greeting.greet(),
            "file": greeting.__file__,
            "path": sys.path,
            "pid": os.getpid(),
        }
    )
