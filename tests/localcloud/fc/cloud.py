"""The local FC without its HTTP: what is deployed, who may call, and what runs it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.localcloud.config import CloudConfig

from . import processes
from .addresses import FC3, LATEST, Address
from .callers import Authority, Caller
from .deployment import AsyncConfig, Function, read_deployment
from .dispatcher import Dispatcher
from .errors import function_not_found
from .monitor import Monitor
from .pool import Pool
from .records import Records
from .runner import Runner
from .signatures import SignedRequest
from .surroundings import Surroundings
from .tasks import AsyncTask
from .triggers import OssTrigger, TimerTrigger, Trigger


class Cloud:
    """One account's functions in one region."""

    def __init__(
        self, config: CloudConfig, template: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self.config = config
        self.functions = read_deployment(template, config, os.environ)
        self.records = Records()
        self._clock = clock
        self._authority = Authority(
            config.access_key_id, config.access_key_secret, config.root_secret
        )
        surroundings = Surroundings.of(config, self.functions.values())
        self.pool = Pool(config, surroundings)
        self.runner = Runner(self.pool, surroundings, self.records, clock)
        self.dispatcher = Dispatcher(config, self.functions, self.runner)
        self._monitor = Monitor(self.pool)

    async def open(self) -> None:
        """Start what runs in the background."""
        await self.pool.open()
        self._watching = asyncio.get_running_loop().create_task(self._monitor.run())

    async def close(self) -> None:
        """Stop everything; no process is left."""
        self._watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching
        await self.dispatcher.close()
        await self.pool.close()

    def authenticate(self, request: SignedRequest) -> Caller:
        """Return who sent a request, or refuse it."""
        return self._authority.authenticate(request, self._clock())

    def find(self, address: Address, caller: Caller, action: str) -> Function:
        """Return the function that a caller means, if it exists and the caller may."""
        caller.require(action, address.arn(self.config.region, self.config.account_id))
        address.require_in(self.config.service, (LATEST, self.config.qualifier))
        function = self.functions.get(address.function)
        if function is None:
            raise function_not_found(address.service, address.function)
        return function.called_by(address.qualifier)

    def configure_async(self, function: Function, config: AsyncConfig) -> None:
        """Change what becomes of asynchronous calls from now on."""
        self.functions[function.name] = replace(function, async_config=config)

    def notifications(self, url: str) -> list[dict[str, Any]]:
        """Return what OSS has to tell, so that every OSS trigger fires."""
        triggers = [trigger for _, trigger in self._triggers() if isinstance(trigger, OssTrigger)]
        return [trigger.notification(url) for trigger in triggers]

    def fire_event(self, event: Mapping[str, Any], body: bytes) -> list[AsyncTask]:
        """Call every function with a trigger for this OSS event."""
        return [
            self._fire(function, body)
            for function, trigger in self._triggers()
            if isinstance(trigger, OssTrigger) and trigger.wants(event)
        ]

    def timer(self, name: str) -> tuple[Function, TimerTrigger] | None:
        """Return a timer and its function."""
        for function, trigger in self._triggers():
            if isinstance(trigger, TimerTrigger) and trigger.name == name:
                return function, trigger
        return None

    def fire_timer(self, function: Function, body: bytes) -> AsyncTask:
        """Call a function as its timer does."""
        return self._fire(function, body)

    def instances(self) -> list[dict[str, Any]]:
        """Describe the instances that are alive."""
        live = [instance for instance in self.pool if instance.pid]
        members = processes.sessions(instance.pid for instance in live)
        for instance in live:
            instance.observe(members[instance.pid])
        return [
            {
                "pid": instance.pid,
                "instance": instance.id,
                "function": instance.function.name,
                "request_id": instance.request_id,
                "busy": instance.busy,
                "cpu_seconds": round(sum(p.cpu_seconds for p in members[instance.pid]), 3),
                "rss_mb": round(instance.peak_mb, 2),
                "children": sum(
                    process.running and process.pid != instance.pid
                    for process in members[instance.pid]
                ),
            }
            for instance in live
        ]

    def _triggers(self) -> Iterator[tuple[Function, Trigger]]:
        for function in self.functions.values():
            for trigger in function.triggers:
                yield function, trigger

    def _fire(self, function: Function, body: bytes) -> AsyncTask:
        address = Address(FC3, None, function.name)
        return self.dispatcher.submit(address, body, str(uuid.uuid4()))
