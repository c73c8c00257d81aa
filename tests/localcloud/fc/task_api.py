"""Asynchronous tasks and their configuration over HTTP: get, list and stop in both versions.

The names of actions and resources are those of the service's page on policies. Inferred are those
of changing the configuration, and that the tasks of 2.0 have no resource but their function.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from . import descriptions, errors
from .addresses import FC2, Address
from .async_config import AsyncConfig, read_async_config
from .callers import Caller
from .deployment import Function
from .incoming import CLOUD, PAYLOAD
from .queries import number, page
from .tasks import AsyncTask
from .template import InvalidTemplate

_MAX_LIMIT = 100


async def get_task(request: web.Request, address: Address, caller: Caller) -> web.StreamResponse:
    """Describe one task, payload included."""
    cloud, task_id = request.app[CLOUD], request.match_info["task"]
    _find(request, address, caller, "Get", task_id)
    task = cloud.dispatcher.get(address, task_id)
    return web.json_response(task.to_json(cloud.arn(address), with_payload=True))


async def list_tasks(request: web.Request, address: Address, caller: Caller) -> web.StreamResponse:
    """Describe the tasks that match, a page at a time."""
    _find(request, address, caller, "List", "*")
    query, arn = request.query, request.app[CLOUD].arn(address)
    matches = _filter(request)
    tasks = [
        task
        for task in request.app[CLOUD].dispatcher.tasks_of(address.function)
        if task.address.api_version == address.api_version and matches(task)
    ]
    if query.get("sortOrderByTime") == "desc":
        tasks.reverse()
    shown, following = page(request, tasks, _MAX_LIMIT)
    with_payload = query.get("includePayload", "false").lower() == "true"
    described = [task.to_json(arn, with_payload=with_payload) for task in shown]
    kind = "invocations" if address.api_version == FC2 else "tasks"
    return web.json_response({kind: described, "nextToken": following})


async def stop_task(request: web.Request, address: Address, caller: Caller) -> web.StreamResponse:
    """Stop a task; one that has ended stays what it is."""
    task_id = request.match_info["task"]
    _find(request, address, caller, "Stop", task_id)
    request.app[CLOUD].dispatcher.stop(address, task_id)
    return web.Response(status=200 if address.api_version == FC2 else 204)


async def put_config(request: web.Request, address: Address, caller: Caller) -> web.StreamResponse:
    """Replace a function's asynchronous configuration."""
    function = request.app[CLOUD].find(address, caller, "fc:PutFunctionAsyncInvokeConfig")
    try:
        config = read_async_config(json.loads(request[PAYLOAD]), time.time())
    except (InvalidTemplate, ValueError, AttributeError) as error:
        raise errors.invalid_argument(str(error)) from error
    request.app[CLOUD].configure_async(function, config)
    return web.json_response(_describe(config, request, address))


async def get_config(request: web.Request, address: Address, caller: Caller) -> web.StreamResponse:
    """Describe a function's asynchronous configuration."""
    function = request.app[CLOUD].find(address, caller, "fc:GetFunctionAsyncInvokeConfig")
    if function.async_config.made is None:
        # As the official Terraform provider expects it.
        raise errors.not_configured("AsyncConfigNotExists", function.name)
    return web.json_response(_describe(function.async_config, request, address))


async def delete_config(
    request: web.Request, address: Address, caller: Caller
) -> web.StreamResponse:
    """Go back to the defaults."""
    function = request.app[CLOUD].find(address, caller, "fc:DeleteFunctionAsyncInvokeConfig")
    request.app[CLOUD].configure_async(function, AsyncConfig())
    return web.Response(status=204)


def _find(
    request: web.Request, address: Address, caller: Caller, verb: str, task_id: str
) -> Function:
    is_fc2 = address.api_version == FC2
    kind = "StatefulAsyncInvocation" if is_fc2 else "AsyncTask"
    action = f"fc:{verb}{kind}{'s' if verb == 'List' else ''}"
    below = "" if is_fc2 else f"/async-tasks/{task_id}"
    return request.app[CLOUD].find(address, caller, action, below)


def _filter(request: web.Request) -> Callable[[AsyncTask], bool]:
    query = request.query
    prefix, status = query.get("prefix", ""), query.get("status", "")
    begin, end = number(request, "startedTimeBegin", 0), number(request, "startedTimeEnd", 0)

    def matches(task: AsyncTask) -> bool:
        started = task.started if task.started is not None else task.submitted
        return (
            task.task_id.startswith(prefix)
            and status in ("", task.status)
            and begin <= started
            and (not end or started <= end)
        )

    return matches


def _describe(config: AsyncConfig, request: web.Request, address: Address) -> dict[str, Any]:
    made = descriptions.moment(config.made or 0)
    destinations = {"onSuccess": config.on_success, "onFailure": config.on_failure}
    return {
        "asyncTask": config.task_mode,
        "createdTime": made,
        "destinationConfig": {
            name: {"destination": arn} for name, arn in destinations.items() if arn is not None
        },
        "functionArn": request.app[CLOUD].arn(address),
        "lastModifiedTime": made,
        "maxAsyncEventAgeInSeconds": int(config.max_age),
        "maxAsyncRetryAttempts": config.max_retries,
    }
