"""Watches the memory of busy instances, and ends those that exceed what they were given."""

from __future__ import annotations

import asyncio
import time

from . import processes
from .pool import Pool

_INTERVAL = 0.25
# At most this share of the server's time goes into looking.
_SHARE = 0.05


class Monitor:
    """Samples every busy instance about four times a second, less often if that is dear."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def run(self) -> None:
        """Look until cancelled."""
        pause = _INTERVAL
        while True:
            await asyncio.sleep(pause)
            started = time.perf_counter()
            self.look()
            pause = max(_INTERVAL, (time.perf_counter() - started) / _SHARE)

    def look(self) -> None:
        """Bring all peaks up to date and enforce the limits."""
        busy = [instance for instance in self._pool if instance.busy and instance.pid]
        if not busy:
            return
        members = processes.sessions(instance.pid for instance in busy)
        for instance in busy:
            instance.observe(members[instance.pid])
            if instance.peak_mb > instance.function.memory:
                instance.kill()
