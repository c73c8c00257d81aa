"""An invocation that runs while somebody watches."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, wait
from typing import Any

from tests.localcloud.client import LocalCloud


class Invocation:
    """Invokes the function at once; ``ticks`` passes the time until ``reply`` is there."""

    def __init__(self, cloud: LocalCloud, event: Mapping[str, Any]) -> None:
        self._future: Future[Any] = Future()
        # A daemon: an interrupted demo does not wait for a reply that nobody wants any more.
        threading.Thread(target=self._run, args=(cloud, event), daemon=True).start()

    def ticks(self, seconds: float) -> Iterator[None]:
        """Yield every so many seconds until the invocation has ended."""
        while not wait([self._future], seconds).done:
            yield

    def reply(self) -> Any:
        """Return what the function answered, or raise what it failed with."""
        return self._future.result()

    def _run(self, cloud: LocalCloud, event: Mapping[str, Any]) -> None:
        try:
            self._future.set_result(cloud.invoke(event))
        except BaseException as error:
            self._future.set_exception(error)
