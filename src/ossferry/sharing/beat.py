"""Something that is done now and then while this instance is busy with something else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextvars import copy_context
from types import TracebackType

_PAUSE = 0.25  # seconds

# Whatever this instance forks meanwhile must not begin with a lock that a beat holds.
_step = threading.Lock()
os.register_at_fork(
    before=_step.acquire, after_in_parent=_step.release, after_in_child=_step.release
)


class Beating:
    """Calls ``step`` several times a second while the block runs; what it raises, the block does
    in the end. ``well`` is whether it has raised nothing so far."""

    def __init__(self, step: Callable[[], None]) -> None:
        self._step = step
        self._over = threading.Event()
        self._raised: BaseException | None = None
        self._thread = threading.Thread(target=copy_context().run, args=(self._run,), daemon=True)

    @property
    def well(self) -> bool:
        return self._raised is None

    def __enter__(self) -> Beating:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._raised is not None and error is None:
            raise self._raised

    def _run(self) -> None:
        while not self._over.wait(_PAUSE):
            try:
                with _step:
                    self._step()
            except BaseException as error:
                self._raised = error
                return
