"""InvokeFunction of both API versions, synchronous and asynchronous."""

from __future__ import annotations

import base64

from aiohttp import web

from tests.localcloud.faults import Fault
from tests.localcloud.wire import FAULT, ReplyBody

from . import errors
from .addresses import FC2, LATEST, Address
from .callers import Caller
from .deployment import Function
from .descriptions import checksum
from .incoming import CLOUD, PAYLOAD, REQUEST_ID, ROLE, is_async
from .outcomes import Outcome
from .records import Execution
from .runner import Call

_EXPOSED = (
    "Date,x-fc-request-id,x-fc-error-type,x-fc-code-checksum,x-fc-invocation-duration,"
    "x-fc-max-memory-usage,x-fc-log-result,x-fc-invocation-code-version"
)
# Its documents give both (0, 3600) and [0, 3600]. Whether 3.0 honours it is contested, so
# ``up --ignore-delay`` does not.
_MAX_DELAY = 3600


async def invoke(request: web.Request, address: Address, caller: Caller) -> web.StreamResponse:
    """Call a function."""
    function = request.app[CLOUD].find(address, caller, "fc:InvokeFunction")
    if is_async(request):
        return _accept(request, address, function)
    wants_log = _wants_log(request)
    fault = request[FAULT]
    call = Call(
        function=function,
        request_id=request[REQUEST_ID],
        payload=request[PAYLOAD],
        role=request[ROLE],
        type="sync",
        kill=fault is not None and fault.kill,
    )
    outcome, execution = await request.app[CLOUD].runner.run(call)
    headers = _result_headers(function, outcome, execution)
    if wants_log:
        headers["X-Fc-Log-Result"] = base64.b64encode(execution.log_tail()).decode()
    return await _reply(request, outcome.body, headers, fault)


async def _reply(
    request: web.Request, body: bytes, headers: dict[str, str], fault: Fault | None
) -> web.StreamResponse:
    if fault is None or not fault.alters_body:
        return web.Response(body=body, headers=headers)
    response = web.StreamResponse(headers=headers)
    response.content_length = len(body)
    reply = ReplyBody(request, response, fault)
    await reply.send(body)
    return await reply.finish()


def _wants_log(request: web.Request) -> bool:
    asked = request.headers.get("x-fc-log-type", "None")
    if asked not in ("None", "Tail"):
        raise errors.invalid_argument(f"the log type '{asked}' is neither None nor Tail")
    return asked == "Tail"


def _result_headers(function: Function, outcome: Outcome, execution: Execution) -> dict[str, str]:
    headers = {
        "Access-Control-Expose-Headers": _EXPOSED,
        "Content-Type": "application/octet-stream",
        "X-Fc-Code-Checksum": str(checksum(function.code)),
        "X-Fc-Instance-Id": execution.instance or "",
        "X-Fc-Invocation-Duration": str(int(execution.duration_ms)),
        "X-Fc-Invocation-Service-Version": function.version_id or LATEST,
        "X-Fc-Max-Memory-Usage": f"{execution.memory_mb:.2f}",
        "X-Fc-Request-Id": execution.request_id,
    }
    if outcome.error_type is not None:
        headers["X-Fc-Error-Type"] = outcome.error_type
    return headers


def _accept(request: web.Request, address: Address, function: Function) -> web.StreamResponse:
    is_fc2 = address.api_version == FC2
    name = "X-Fc-Stateful-Async-Invocation-Id" if is_fc2 else "X-Fc-Async-Task-Id"
    fault = request[FAULT]
    task = request.app[CLOUD].dispatcher.submit(
        address,
        request[PAYLOAD],
        request[REQUEST_ID],
        task_id=request.headers.get(name),
        delay=_delay(request),
        kill=fault is not None and fault.kill,
    )
    headers = {"X-Fc-Request-Id": task.request_id}
    if function.async_config.task_mode:
        headers[name] = task.task_id
    return web.Response(status=202, headers=headers)


def _delay(request: web.Request) -> int:
    text = request.headers.get("x-fc-async-delay", "0")
    if not text.isdecimal() or int(text) > _MAX_DELAY:
        raise errors.invalid_argument(f"x-fc-async-delay '{text}' is not within 0 and {_MAX_DELAY}")
    return int(text)
