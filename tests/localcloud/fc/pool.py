"""The instances there are: reused when idle, started when needed, refused past the quota."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from tests.localcloud.config import CloudConfig

from .admission import Admission
from .deployment import Function
from .errors import Throttled
from .instance import Instance, InstanceEnded
from .launcher import Launcher, Start
from .surroundings import Surroundings

_PAST = 1000


class Pool:
    """All instances of the account, of whichever function."""

    def __init__(self, config: CloudConfig, surroundings: Surroundings) -> None:
        self._config = config
        self._surroundings = surroundings
        self._admission = Admission(config.instances, config.start_rate)
        pythons = {code.python for code in surroundings.code.values()}
        self._launchers = {python: Launcher(python) for python in pythons}
        self._logs = Path(config.data_dir) / "fc" / "logs"
        self._instances: list[Instance] = []
        self._past: deque[Instance] = deque(maxlen=_PAST)
        self._hooks = True

    async def open(self) -> None:
        """Get ready to start instances."""
        self._logs.mkdir(parents=True, exist_ok=True)
        for launcher in self._launchers.values():
            await launcher.open()

    def hurry(self) -> None:
        """Call no more hooks: the whole cloud is about to end."""
        self._hooks = False

    async def close(self) -> None:
        """End every instance."""
        await asyncio.gather(*(each.close() for each in self._launchers.values()))

    def __iter__(self) -> Iterator[Instance]:
        self._past.extend(instance for instance in self._instances if instance.ended)
        self._instances = [instance for instance in self._instances if not instance.ended]
        return iter(self._instances)

    def past(self) -> list[Instance]:
        """Return the instances that have ended, the latest thousand of them."""
        return [each for each in (*self._past, *self._instances) if each.ended]

    async def acquire(self, function: Function) -> tuple[Instance, bool]:
        """Return an instance, and whether it is new; raises Throttled when there is none."""
        same = (function.name, function.qualifier)
        idle = [
            each
            for each in self
            if not each.busy and (each.function.name, each.function.qualifier) == same
        ]
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
            self._past.append(instance)

    async def retire(self, instance: Instance) -> None:
        """End an instance as FC does when it has the choice: after its preStop hook."""
        hook = instance.function.pre_stop
        try:
            if hook is not None and self._hooks:
                credentials = self._surroundings.credentials(time.time())
                request_id = str(uuid.uuid4())
                request = self._surroundings.request(instance.function, request_id, credentials)
                head = {"operation": "preStop", "handler": hook.handler, **request}
                with contextlib.suppress(InstanceEnded, TimeoutError):
                    await instance.ask(head, b"", hook.timeout)
        finally:
            self.discard(instance)

    async def _start(self, function: Function) -> Instance:
        await self._admit(function)
        instance = Instance(function, self._logs)
        self._instances.append(instance)
        code = self._surroundings.code[function.name]
        start = Start(
            environment=self._surroundings.environment(function, instance.id),
            path=[*code.search_path],
            folder=str(code.folder),
            fresh=not self._config.fork_instances,
        )
        try:
            if self._config.start_delay:
                await asyncio.sleep(self._config.start_delay)
            await instance.start(self._launchers[code.python], start)
        except BaseException:
            self.discard(instance)
            raise
        return instance

    async def _admit(self, function: Function) -> None:
        own = sum(each.function.name == function.name for each in self)
        if function.reserved is not None and own >= function.reserved:
            raise Throttled(
                f"the instances of {function.name} exceed its reserved {function.reserved}"
            )
        try:
            self._admission.admit(len([*self]), time.monotonic())
        except Throttled:
            # An idle instance of another function gives way.
            idle = [each for each in self if not each.busy]
            if len([*self]) < self._config.instances or not idle:
                raise
            oldest = min(idle, key=lambda each: each.idle_since)
            oldest.busy = True
            await self.retire(oldest)
            self._admission.admit(len([*self]), time.monotonic())
