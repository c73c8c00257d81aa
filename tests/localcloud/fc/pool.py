"""The instances there are: reused when idle, started when needed, refused past the quota."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from tests.localcloud.config import CloudConfig

from .admission import Admission
from .deployment import Function
from .errors import Throttled
from .instance import Instance
from .launcher import Launcher, Start
from .server_settings import runtime_packages
from .surroundings import Surroundings


class Pool:
    """All instances of the account, of whichever function."""

    def __init__(self, config: CloudConfig, surroundings: Surroundings) -> None:
        self._config = config
        self._surroundings = surroundings
        self._admission = Admission(config.instances, config.start_rate)
        self._launcher = Launcher()
        self._logs = Path(config.data_dir) / "fc" / "logs"
        self._instances: list[Instance] = []

    async def open(self) -> None:
        """Get ready to start instances."""
        self._logs.mkdir(parents=True, exist_ok=True)
        await self._launcher.open()

    async def close(self) -> None:
        """End every instance."""
        await self._launcher.close()

    def __iter__(self) -> Iterator[Instance]:
        self._instances = [instance for instance in self._instances if not instance.ended]
        return iter(self._instances)

    async def acquire(self, function: Function) -> tuple[Instance, bool]:
        """Return an instance, and whether it is new; raises Throttled when there is none."""
        idle = [each for each in self if not each.busy and each.function.name == function.name]
        if not idle:
            return await self._start(function), True
        # The one that ran last, so that the others grow old.
        instance = max(idle, key=lambda each: each.idle_since)
        instance.busy = True
        return instance, False

    def discard(self, instance: Instance) -> None:
        """End an instance that must not be used again."""
        instance.kill()
        if instance in self._instances:
            self._instances.remove(instance)

    async def _start(self, function: Function) -> Instance:
        self._admit()
        instance = Instance(function, self._logs)
        self._instances.append(instance)
        start = Start(
            environment=self._surroundings.environment(function, instance.id),
            path=[str(function.code), str(runtime_packages())],
            folder=str(function.code),
            fresh=not self._config.fork_instances,
        )
        try:
            if self._config.start_delay:
                await asyncio.sleep(self._config.start_delay)
            await instance.start(self._launcher, start)
        except BaseException:
            self.discard(instance)
            raise
        return instance

    def _admit(self) -> None:
        try:
            self._admission.admit(len([*self]), time.monotonic())
        except Throttled:
            # An idle instance of another function gives way.
            idle = [each for each in self if not each.busy]
            if len([*self]) < self._config.instances or not idle:
                raise
            self.discard(min(idle, key=lambda each: each.idle_since))
            self._admission.admit(len([*self]), time.monotonic())
