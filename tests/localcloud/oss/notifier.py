"""Posts events to those who asked for them, after the fact and apart from the request.

At least once, as the service promises: a receiver that does not answer 2xx is told again a few
times.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import aiohttp

from tests.localcloud.oss.rules.notifications import Happening, Rule, event

_ATTEMPTS = 4
_FIRST_DELAY = 0.1

_log = logging.getLogger(__name__)


class Notifier:
    """The rules in force, and the posts under way."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._session: aiohttp.ClientSession | None = None
        self._posts: set[asyncio.Task[None]] = set()

    def replace(self, rules: Sequence[Rule]) -> None:
        self.rules = list(rules)

    def announce(self, happening: Happening) -> None:
        """Start telling everybody who wants to know; returns at once."""
        for rule in self.rules:
            if rule.matches(happening):
                post = asyncio.create_task(self._post(happening, rule))
                self._posts.add(post)
                post.add_done_callback(self._posts.discard)

    async def close(self) -> None:
        """Drop what is under way."""
        for post in self._posts:
            post.cancel()
        await asyncio.gather(*self._posts, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _post(self, happening: Happening, rule: Rule) -> None:
        document = event(happening, rule)
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_FIRST_DELAY * 2**attempt)
            try:
                async with self._client().post(rule.url, json=document) as reply:
                    if reply.ok:
                        return
            except aiohttp.ClientError:
                continue
        _log.warning("event %s of %s was not taken", happening.name, happening.key)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session
