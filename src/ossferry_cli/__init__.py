"""The command ``ossferry``: asks a deployed function to copy, and shows how far it is.

For people; the function never imports it, and it is not in the function's zips. It may use the
words and readers of ``ossferry``. Whatever takes long to import is imported inside commands, and
``Ferry``, the same for programs in Python, when it is asked for: docs/cli.md, "From Python".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .asked.programs import Then
    from .client.ferry import Ferry
    from .client.task import Task, TaskFailed
    from .problems import Misuse, NotEnded, Problem
    from .watching.look import Ended
    from .watching.progress import Progress
else:
    _PLACES = {
        "Ended": "watching.look",
        "Ferry": "client.ferry",
        "Misuse": "problems",
        "NotEnded": "problems",
        "Problem": "problems",
        "Progress": "watching.progress",
        "Task": "client.task",
        "TaskFailed": "client.task",
        "Then": "asked.programs",
    }

    def __getattr__(name: str) -> object:
        """Imported once it is asked for."""
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f".{_PLACES[name]}", __name__), name)


__all__ = [
    "Ended",
    "Ferry",
    "Misuse",
    "NotEnded",
    "Problem",
    "Progress",
    "Task",
    "TaskFailed",
    "Then",
]
