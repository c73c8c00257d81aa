"""Asynchronous calls: accepted at once, executed at least once, retried, reported.

What throttles a synchronous caller only delays a call here. Function errors are retried as often
as the function's configuration says; errors of the platform are not.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from typing import Any

from tests.localcloud.clock import AwaitedClock
from tests.localcloud.config import CloudConfig

from . import destinations, errors
from .addresses import FC3, Address
from .async_config import AsyncConfig
from .deployment import Function
from .records import role_of
from .runner import Call, Runner
from .tasks import AsyncTask, valid_task_id

_FIRST_DELAY = 0.5
# The service goes on doubling for hours; nobody waits that long for a local cloud.
_MAX_DELAY = 8.0
# So long a task can be asked for. Inferred: so long its id is taken, too.
_KEPT_SECONDS = 7 * 86400


class Dispatcher:
    """The queue of asynchronous calls, and the messages that destinations got."""

    def __init__(
        self,
        config: CloudConfig,
        functions: Mapping[str, Function],
        runner: Runner,
        clock: AwaitedClock,
    ) -> None:
        self._config = config
        self._functions = functions
        self._runner = runner
        self._clock = clock
        self._tasks: dict[tuple[str, str], AsyncTask] = {}
        self._deliveries: dict[int, set[asyncio.Task[None]]] = defaultdict(set)
        self.messages: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)

    def submit(
        self,
        address: Address,
        payload: bytes,
        request_id: str,
        *,
        task_id: str | None = None,
        delay: float = 0.0,
        kill: bool = False,
    ) -> AsyncTask:
        """Accept a call; raises Refused when its task id is invalid or taken.

        ``delay`` in seconds, unless this cloud ignores it.
        """
        if self._config.ignore_delay:
            delay = 0.0
        chosen = valid_task_id(task_id) if task_id is not None else request_id
        task = AsyncTask(address, chosen, request_id, payload, self._clock.now)
        if self._async_config(task).task_mode:
            key = address.function, chosen
            if key in self._known():
                raise errors.task_exists(address.api_version, chosen)
            self._tasks[key] = task
        due = self._clock.now() + delay
        self._deliver(task, self._carry_out(task, due, kill))
        if self._config.deliver_twice:
            self._deliver(task, self._carry_out(_duplicate(task), due, kill=False, silent=True))
        return task

    def get(self, address: Address, task_id: str) -> AsyncTask:
        """Return a task, or refuse an id that is not known."""
        task = self._known().get((address.function, task_id))
        if task is None:
            raise errors.task_not_found(address.api_version, task_id)
        return task

    def tasks_of(self, function: str) -> list[AsyncTask]:
        """Return the tasks of a function, oldest first."""
        return [task for (name, _), task in self._known().items() if name == function]

    def stop(self, address: Address, task_id: str) -> None:
        """Stop a task: a running one is interrupted, one that has ended stays what it is."""
        task = self.get(address, task_id)
        if task.final:
            return
        task.enter("Stopping")
        for delivery in self._deliveries[id(task)]:
            delivery.cancel()

    async def close(self) -> None:
        """Give up whatever is queued or running."""
        running = [delivery for each in self._deliveries.values() for delivery in each]
        for delivery in running:
            delivery.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _known(self) -> dict[tuple[str, str], AsyncTask]:
        """Forget the tasks that are too old to be asked for, and return the others."""
        old = [k for k, task in self._tasks.items() if task.final and task.age() > _KEPT_SECONDS]
        for key in old:
            del self._tasks[key]
        return self._tasks

    def _deliver(self, task: AsyncTask, work: Coroutine[Any, Any, None]) -> None:
        delivery: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        # Kept, because the loop itself holds only weak references.
        deliveries = self._deliveries[id(task)]
        deliveries.add(delivery)

        def forget(done: asyncio.Task[None]) -> None:
            deliveries.discard(done)
            if not deliveries:
                self._deliveries.pop(id(task), None)

        delivery.add_done_callback(forget)

    def _async_config(self, task: AsyncTask) -> AsyncConfig:
        return self._functions[task.address.function].async_config

    async def _carry_out(
        self, task: AsyncTask, due: float, kill: bool, silent: bool = False
    ) -> None:
        try:
            await self._clock.sleep_until(due)
            task.enter("Dequeued")
            await self._execute(task, kill)
        except asyncio.CancelledError:
            task.enter("Stopped")
            raise
        if not silent:
            self._report(task)

    async def _execute(self, task: AsyncTask, kill: bool) -> None:
        """Execute until the task has ended in one way or another."""
        config = self._async_config(task)
        throttled = 0
        while True:
            if task.age() > config.max_age:
                task.error = "the event is too old"
                return task.enter("Expired")
            try:
                ended = await self._attempt(task, config, kill and not task.retried)
            except errors.Throttled:
                throttled += 1
                await asyncio.sleep(_backoff(throttled))
                continue
            except errors.Refused as error:
                task.error = error.code
                return task.enter("Failed")
            if ended:
                return None
            await asyncio.sleep(_backoff(task.retried))

    async def _attempt(self, task: AsyncTask, config: AsyncConfig, kill: bool) -> bool:
        """Execute once; return whether that was the end of it."""
        function = self._functions[task.address.function].called_by(task.address.qualifier)
        role = role_of(task.payload)
        task.enter("Running")
        call = Call(function, task.request_id, task.payload, role, "async", kill)
        task.outcome, execution = await self._runner.run(call)
        task.instance = execution.instance
        if task.outcome.error_type is None:
            task.enter("Succeeded")
            return True
        task.error = task.outcome.body.decode("utf-8", "replace")
        if task.retried >= config.max_retries:
            task.enter("Failed")
            return True
        task.retried += 1
        task.enter("Retrying")
        return False

    def _report(self, task: AsyncTask) -> None:
        destination = destinations.for_task(task, self._async_config(task))
        if destination is None:
            return
        arn = task.address.arn(self._config.region, self._config.account_id)
        document = destinations.message(task, arn)
        if destination.kind != "functions":
            self.messages[destination.kind, destination.name].append(document)
        elif destination.name in self._functions:
            address = Address(FC3, None, destination.name)
            self.submit(address, json.dumps(document).encode(), str(uuid.uuid4()))


def _duplicate(task: AsyncTask) -> AsyncTask:
    """Return the same call again, as a second delivery that nobody can ask for."""
    return AsyncTask(task.address, task.task_id, task.request_id, task.payload, task.now)


def _backoff(times: int) -> float:
    return min(_MAX_DELAY, _FIRST_DELAY * 2.0 ** (times - 1))
