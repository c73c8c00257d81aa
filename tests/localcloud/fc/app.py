"""The FC server as an application: its routes, and what starts and stops with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from tests.localcloud.config import CloudConfig
from tests.localcloud.faults import FaultTable
from tests.localcloud.wire import install_faults

from . import admin_api, function_api, invoke_api, server_settings, task_api
from .addresses import FC2, FC3
from .cloud import Cloud
from .incoming import CLOUD, MAX_SYNC_PAYLOAD, OPERATIONS, api, classify, incoming, injected

_RETRY_SECONDS = 0.1


def make_app(config: CloudConfig) -> web.Application:
    """Build the server for the functions that the project's s.yaml deploys."""
    app = web.Application(client_max_size=MAX_SYNC_PAYLOAD + 1, middlewares=[incoming])
    app[CLOUD] = Cloud(config, server_settings.template())
    app[OPERATIONS] = {}
    # Inside ``incoming``: a fault may be meant for a role, which is read from the body.
    install_faults(
        app,
        server="fc",
        table=FaultTable.from_text(config.faults),
        classify=classify,
        render=injected,
    )
    _add_api(app)
    admin_api.add_routes(app)
    app.on_shutdown.append(_hurry)
    app.cleanup_ctx.extend([_run_cloud, _subscribe])
    return app


def _add_api(app: web.Application) -> None:
    fc2 = f"/{FC2}/services/{{service}}/functions/{{function}}"
    fc3 = f"/{FC3}/functions/{{function}}"
    tasks2, tasks3 = f"{fc2}/stateful-async-invocations", f"{fc3}/async-tasks"
    settings = f"{fc3}/async-invoke-config"
    routes = [
        ("POST", f"{fc2}/invocations", invoke_api.invoke, "InvokeFunction"),
        ("POST", f"{fc3}/invocations", invoke_api.invoke, "InvokeFunction"),
        ("GET", f"{tasks2}/{{task}}", task_api.get_task, "GetAsyncTask"),
        ("GET", f"{tasks3}/{{task}}", task_api.get_task, "GetAsyncTask"),
        ("GET", tasks2, task_api.list_tasks, "ListAsyncTasks"),
        ("GET", tasks3, task_api.list_tasks, "ListAsyncTasks"),
        ("PUT", f"{tasks2}/{{task}}", task_api.stop_task, "StopAsyncTask"),
        ("PUT", f"{tasks3}/{{task}}/stop", task_api.stop_task, "StopAsyncTask"),
        ("PUT", settings, task_api.put_config, "PutAsyncInvokeConfig"),
        ("GET", settings, task_api.get_config, "GetAsyncInvokeConfig"),
        ("DELETE", settings, task_api.delete_config, "DeleteAsyncInvokeConfig"),
        ("GET", fc3, function_api.get_function, "GetFunction"),
        ("GET", f"{fc3}/triggers", function_api.list_triggers, "ListTriggers"),
        ("GET", f"{fc3}/concurrency", function_api.get_concurrency, "GetConcurrencyConfig"),
        ("GET", f"{fc3}/instances", function_api.list_instances, "ListInstances"),
    ]
    for method, path, handler, operation in routes:
        wrapped = api(handler)
        app[OPERATIONS][wrapped] = operation
        app.router.add_route(method, path, wrapped)


async def _hurry(app: web.Application) -> None:
    app[CLOUD].pool.hurry()


async def _run_cloud(app: web.Application) -> AsyncIterator[None]:
    await app[CLOUD].open()
    try:
        yield
    finally:
        await app[CLOUD].close()


async def _subscribe(app: web.Application) -> AsyncIterator[None]:
    """Tell OSS, as soon as it listens, which events to send."""
    config = app[CLOUD].config
    notifications = app[CLOUD].notifications(f"{config.fc_endpoint}/-/events")
    subscribing = asyncio.get_running_loop().create_task(_tell_oss(config, notifications))
    yield
    subscribing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await subscribing


async def _tell_oss(config: CloudConfig, notifications: list[dict[str, object]]) -> None:
    if not notifications:
        return
    url = f"{config.oss_endpoint}/-/notifications"
    async with aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.put(url, json=notifications) as response:
                    response.raise_for_status()
                    return
            await asyncio.sleep(_RETRY_SECONDS)
