"""One execution from the request to its outcome: an instance, its initializer, the handler.

Whatever goes wrong on the way, the instance ends up idle or dead, and the execution on record.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from . import outcomes, processes
from .deployment import Function
from .errors import Refused, Throttled
from .instance import Answer, Instance, InstanceEnded
from .outcomes import Outcome
from .pool import Pool
from .records import Execution, Records
from .surroundings import Surroundings

# How far into a request the fault ``kill`` strikes; an answer that is faster is thrown away.
_KILL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be executed. ``kill`` is the fault that ends the instance under it."""

    function: Function
    request_id: str
    payload: bytes
    role: str
    type: str
    kill: bool = False


class Runner:
    """Executes calls on the instances of a pool."""

    def __init__(self, pool: Pool, surroundings: Surroundings, records: Records) -> None:
        self._pool = pool
        self._surroundings = surroundings
        self._records = records

    async def run(self, call: Call) -> tuple[Outcome, Execution]:
        """Execute a call; raises Throttled when there is no instance for it."""
        execution = Execution(
            request_id=call.request_id,
            function=call.function.name,
            qualifier=call.function.qualifier,
            role=call.role,
            type=call.type,
            payload_bytes=len(call.payload),
            memory_limit=call.function.memory,
        )
        self._records.add(execution)
        try:
            instance, execution.cold = await self._pool.acquire(call.function)
            outcome = await self._run_on(instance, call, execution)
        except Throttled as error:
            execution.end(error.status, error.code)
            if call.type == "async":
                # It waits in the queue and nobody was told: no call was made yet.
                self._records.forget(execution)
            raise
        except Refused as error:
            execution.end(error.status, error.code)
            raise
        except asyncio.CancelledError:
            execution.end(499, "ClientClosedRequest")
            raise
        execution.end(200, outcome.error_type)
        return outcome, execution

    async def _run_on(self, instance: Instance, call: Call, execution: Execution) -> Outcome:
        instance.request_id = call.request_id
        execution.begin_on(instance)
        before = _cpu_seconds(instance)
        started = time.perf_counter()
        outcome: Outcome | None = None
        try:
            outcome = await self._serve(instance, call, started)
        except asyncio.CancelledError:
            elapsed = (time.perf_counter() - started) * 1000
            execution.note = (
                "Error: Invocation canceled by client "
                f"(duration: {elapsed:.0f}ms, maxMemoryUsage: {instance.peak_mb:.2f}MB)\n"
            )
            await self._pool.retire(instance)
            raise
        finally:
            execution.duration_ms = (time.perf_counter() - started) * 1000
            execution.memory_mb = instance.peak_mb
            execution.cpu_seconds = max(0.0, _cpu_seconds(instance) - before)
            execution.end_log(instance)
            if outcome is not None and outcome.reusable:
                instance.release()
            else:
                self._pool.discard(instance)
        return outcome

    async def _serve(self, instance: Instance, call: Call, started: float) -> Outcome:
        timeout = call.function.timeout
        credentials = self._surroundings.credentials(time.time())
        request = self._surroundings.request(call.function, call.request_id, credentials)
        try:
            initializer = call.function.initializer
            if initializer is not None and not instance.initialized:
                timeout = initializer.timeout
                head = {"operation": "initialize", "handler": initializer.handler, **request}
                answer = await instance.ask(head, b"", timeout)
                _measure(instance, answer)
                if answer.failed:
                    # The next request is to find a new instance.
                    return Outcome(answer.body, outcomes.UNHANDLED, reusable=False)
                instance.initialized = True
                timeout = call.function.timeout
            head = {"operation": "invoke", "handler": call.function.handler, **request}
            answer = await self._ask(instance, head, call)
        except TimeoutError:
            _measure(instance, None)
            return outcomes.timed_out(timeout, instance.peak_mb)
        except InstanceEnded:
            return outcomes.exited((time.perf_counter() - started) * 1000, instance.peak_mb)
        return outcomes.answered(answer)

    async def _ask(self, instance: Instance, head: dict[str, object], call: Call) -> Answer:
        if not call.kill:
            answer = await instance.ask(head, call.payload, call.function.timeout)
            _measure(instance, answer)
            if instance.peak_mb > call.function.memory:
                raise InstanceEnded
            return answer
        timer = asyncio.get_running_loop().call_later(_KILL_SECONDS, instance.kill)
        try:
            await instance.ask(head, call.payload, call.function.timeout)
        finally:
            timer.cancel()
        raise InstanceEnded


def _measure(instance: Instance, answer: Answer | None) -> None:
    """Bring the peak of an instance's memory up to date, cheaply where it has no children."""
    if instance.ended:
        return
    members = [processes.read_process(instance.pid)]
    if answer is None or answer.children:
        members = [*processes.sessions([instance.pid])[instance.pid]]
    instance.observe([member for member in members if member is not None])


def _cpu_seconds(instance: Instance) -> float:
    process = None if instance.ended else processes.read_process(instance.pid)
    return process.cpu_seconds if process is not None else 0.0
