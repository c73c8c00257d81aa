"""Asynchronous tasks and their configuration over HTTP: get, list and stop in both versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from aiohttp import web

from . import errors
from .addresses import FC2, Address
from .callers import Caller
from .deployment import AsyncConfig, Function, async_config
from .incoming import CLOUD, PAYLOAD
from .tasks import AsyncTask
from .template import InvalidTemplate

_MAX_LIMIT = 100


async def get_task(request: web.Request, address: Address, caller: Caller) -> web.StreamResponse:
    """Describe one task, payload included."""
    _find(request, address, caller, "Get")
    task = request.app[CLOUD].dispatcher.get(address, request.match_info["task"])
    return web.json_response(task.to_json(with_payload=True))


async def list_tasks(request: web.Request, address: Address, caller: Caller) -> web.StreamResponse:
    """Describe the tasks that match, a page at a time."""
    _find(request, address, caller, "List")
    query = request.query
    matches = _filter(request)
    tasks = [
        task
        for task in request.app[CLOUD].dispatcher.tasks_of(address.function)
        if task.address.api_version == address.api_version and matches(task)
    ]
    if query.get("sortOrderByTime") == "desc":
        tasks.reverse()
    start, limit = _number(request, "nextToken", 0), _number(request, "limit", 20)
    if not 1 <= limit <= _MAX_LIMIT:
        raise errors.invalid_argument(f"limit {limit} is not within 1 and {_MAX_LIMIT}")
    with_payload = query.get("includePayload", "false").lower() == "true"
    page = [task.to_json(with_payload=with_payload) for task in tasks[start : start + limit]]
    kind = "invocations" if address.api_version == FC2 else "tasks"
    following = str(start + limit) if start + limit < len(tasks) else ""
    return web.json_response({kind: page, "nextToken": following})


async def stop_task(request: web.Request, address: Address, caller: Caller) -> web.StreamResponse:
    """Stop a task; one that has ended stays what it is."""
    _find(request, address, caller, "Stop")
    request.app[CLOUD].dispatcher.stop(address, request.match_info["task"])
    return web.Response(status=200 if address.api_version == FC2 else 204)


async def put_config(request: web.Request, address: Address, caller: Caller) -> web.StreamResponse:
    """Replace a function's asynchronous configuration."""
    function = request.app[CLOUD].find(address, caller, "fc:PutAsyncInvokeConfig")
    try:
        config = async_config(json.loads(request[PAYLOAD]))
    except (InvalidTemplate, ValueError, AttributeError) as error:
        raise errors.invalid_argument(str(error)) from error
    request.app[CLOUD].configure_async(function, config)
    return web.json_response(_describe(config, request, address))


async def get_config(request: web.Request, address: Address, caller: Caller) -> web.StreamResponse:
    """Describe a function's asynchronous configuration."""
    function = request.app[CLOUD].find(address, caller, "fc:GetAsyncInvokeConfig")
    return web.json_response(_describe(function.async_config, request, address))


async def delete_config(
    request: web.Request, address: Address, caller: Caller
) -> web.StreamResponse:
    """Go back to the defaults."""
    function = request.app[CLOUD].find(address, caller, "fc:DeleteAsyncInvokeConfig")
    request.app[CLOUD].configure_async(function, AsyncConfig())
    return web.Response(status=204)


def _find(request: web.Request, address: Address, caller: Caller, verb: str) -> Function:
    kind = "StatefulAsyncInvocation" if address.api_version == FC2 else "AsyncTask"
    plural = "s" if verb == "List" else ""
    return request.app[CLOUD].find(address, caller, f"fc:{verb}{kind}{plural}")


def _filter(request: web.Request) -> Callable[[AsyncTask], bool]:
    query = request.query
    prefix, status = query.get("prefix", ""), query.get("status", "")
    begin, end = _number(request, "startedTimeBegin", 0), _number(request, "startedTimeEnd", 0)

    def matches(task: AsyncTask) -> bool:
        started = task.started if task.started is not None else task.submitted
        return (
            task.task_id.startswith(prefix)
            and status in ("", task.status)
            and begin <= started
            and (not end or started <= end)
        )

    return matches


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name) or str(default)
    if not text.isdecimal():
        raise errors.invalid_argument(f"{name} '{text}' is not a number")
    return int(text)


def _describe(config: AsyncConfig, request: web.Request, address: Address) -> dict[str, Any]:
    cloud_config = request.app[CLOUD].config
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    destinations = {"onSuccess": config.on_success, "onFailure": config.on_failure}
    return {
        "asyncTask": config.task_mode,
        "createdTime": now,
        "destinationConfig": {
            name: {"destination": arn} for name, arn in destinations.items() if arn is not None
        },
        "functionArn": address.arn(cloud_config.region, cloud_config.account_id),
        "lastModifiedTime": now,
        "maxAsyncEventAgeInSeconds": int(config.max_age),
        "maxAsyncRetryAttempts": config.max_retries,
    }
