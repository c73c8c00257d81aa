"""The local FC without its HTTP: what is deployed, who may call, and what runs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.localcloud.clock import AwaitedClock
from tests.localcloud.config import CloudConfig

from . import processes
from .addresses import FC3, LATEST, Address
from .async_config import AsyncConfig
from .callers import Authority, Caller
from .deployment import Function, read_deployment
from .dispatcher import Dispatcher
from .errors import function_not_found
from .monitor import Monitor
from .pool import Pool
from .records import Records
from .runner import Runner
from .signatures import SignedRequest
from .surroundings import Surroundings
from .tasks import AsyncTask
from .timers import Timers
from .triggers import OssTrigger, TimerTrigger, Trigger


class Cloud:
    """One account's functions in one region."""

    def __init__(self, config: CloudConfig, template: Path) -> None:
        self.config = config
        self.functions = read_deployment(template, config, os.environ)
        self.records = Records()
        self.clock = AwaitedClock()
        self.made = self.clock.now()
        # A clock that stands still, but for what it is advanced by.
        self._timer_clock = AwaitedClock(lambda: self.made) if config.still_timers else self.clock
        self._authority = Authority(
            config.access_key_id, config.access_key_secret, config.root_secret
        )
        surroundings = Surroundings.of(config, self.functions.values())
        self.pool = Pool(config, surroundings)
        self.runner = Runner(self.pool, surroundings, self.records)
        self.dispatcher = Dispatcher(config, self.functions, self.runner, self.clock)
        self._monitor = Monitor(self.pool)
        self._timers = Timers(self._timer_clock, self._timer_triggers(), self.fire_timer)

    async def open(self) -> None:
        """Start what runs in the background."""
        await self.pool.open()
        loop = asyncio.get_running_loop()
        work = (self._monitor.run(), self._timers.run())
        self._background = [loop.create_task(each) for each in work]

    async def close(self) -> None:
        """Stop everything; no process is left."""
        for task in self._background:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.dispatcher.close()
        await self.pool.close()

    def authenticate(self, request: SignedRequest) -> Caller:
        """Return who sent a request, or refuse it."""
        return self._authority.authenticate(request, time.time())

    def advance(self, seconds: float, *, timers: bool = True) -> None:
        """Let time pass, for timers, delays and asynchronous tasks; without ``timers`` those that
        stand still of themselves go on doing so."""
        for clock in {self.clock, self._timer_clock} if timers else {self.clock}:
            clock.advance(seconds)

    def arn(self, address: Address) -> str:
        """Return the name under which policies know a function."""
        return address.arn(self.config.region, self.config.account_id)

    def find(self, address: Address, caller: Caller, action: str, below: str = "") -> Function:
        """Return the function that a caller means, if it exists and the caller may.

        ``below`` names what it is about when that is no function, ``/triggers/*`` say.
        """
        caller.require(action, self.arn(address) + below)
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
        return next((each for each in self._timer_triggers() if each[1].name == name), None)

    def fire_timer(self, function: Function, timer: TimerTrigger, moment: float) -> AsyncTask:
        """Call a function as its timer does when it is ``moment``."""
        return self._fire(function, json.dumps(timer.event(moment)).encode())

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

    def _timer_triggers(self) -> Iterator[tuple[Function, TimerTrigger]]:
        for function, trigger in self._triggers():
            if isinstance(trigger, TimerTrigger):
                yield function, trigger

    def _triggers(self) -> Iterator[tuple[Function, Trigger]]:
        for function in self.functions.values():
            for trigger in function.triggers:
                yield function, trigger

    def _fire(self, function: Function, body: bytes) -> AsyncTask:
        address = Address(FC3, None, function.name)
        return self.dispatcher.submit(address, body, str(uuid.uuid4()))
