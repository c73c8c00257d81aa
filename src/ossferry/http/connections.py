"""Connections to the last few servers, for whoever reads many sources, one after another."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..urls import Url
from .connection import Connection
from .netguard import NetGuard
from .reply import Reply

_MOST = 4


class Connections:
    """Used like one ``Connection``, to as many servers as there are: also to those that a redirect
    leads to. Not thread-safe, but for ``interrupt``."""

    def __init__(self, guard: NetGuard | None = None, most: int = _MOST) -> None:
        self._guard = guard
        self._most = most
        self._kept: dict[tuple[str, str, int], Connection] = {}  # the last used is the last
        self._interrupted = False

    def get(self, url: Url, headers: Mapping[str, str], deadline: float = math.inf) -> Reply:
        return self._to(url).get(url, headers, deadline)

    def ask_ahead(self, url: Url, headers: Mapping[str, str]) -> None:
        self._to(url).ask_ahead(url, headers)

    def interrupt(self) -> None:
        """End what another thread waits for, now or later; it fails there."""
        self._interrupted = True
        for connection in tuple(self._kept.values()):
            connection.interrupt()

    def drop(self) -> None:
        """Give up the one that was used last."""
        for connection in tuple(self._kept.values())[-1:]:
            connection.drop()

    def close(self) -> None:
        for connection in self._kept.values():
            connection.drop()

    def _to(self, url: Url) -> Connection:
        connection = self._kept.pop(url.origin, None)
        if connection is None:
            connection = Connection(self._guard)
            while len(self._kept) >= self._most:
                self._kept.pop(next(iter(self._kept))).drop()
        self._kept[url.origin] = connection
        if self._interrupted:  # perhaps while it was none of those kept
            connection.interrupt()
        return connection
