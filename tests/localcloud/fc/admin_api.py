"""What the real service does not have: views for tests, and events that a test can fire."""

from __future__ import annotations

import json

from aiohttp import web

from .incoming import CLOUD


def add_routes(app: web.Application) -> None:
    """Add everything below ``/-/``; none of it needs a signature."""
    app.router.add_get("/-/instances", _instances)
    app.router.add_get("/-/invocations", _invocations)
    app.router.add_get("/-/invocations/{request_id}/log", _log)
    app.router.add_get("/-/{kind:queues|topics}/{name}", _messages)
    app.router.add_post("/-/events", _events)
    app.router.add_post("/-/timers/{name}", _timer)
    app.router.add_put("/-/clock", _advance)


async def _instances(request: web.Request) -> web.Response:
    return web.json_response(request.app[CLOUD].instances())


async def _invocations(request: web.Request) -> web.Response:
    return web.json_response(request.app[CLOUD].records.to_json())


async def _log(request: web.Request) -> web.Response:
    text = request.app[CLOUD].records.log_of(request.match_info["request_id"])
    return web.Response(status=404) if text is None else web.Response(text=text)


async def _messages(request: web.Request) -> web.Response:
    where = request.match_info["kind"], request.match_info["name"]
    return web.json_response(request.app[CLOUD].dispatcher.messages.get(where, []))


async def _events(request: web.Request) -> web.Response:
    """Take OSS events and fire the functions that have a trigger for them, once per event."""
    document = json.loads(await request.read())
    fired = [
        task.request_id
        for event in document["events"]
        for task in request.app[CLOUD].fire_event(event, json.dumps({"events": [event]}).encode())
    ]
    return web.json_response({"request_ids": fired})


async def _timer(request: web.Request) -> web.Response:
    cloud = request.app[CLOUD]
    found = cloud.timer(request.match_info["name"])
    if found is None:
        return web.json_response({"error": "there is no such timer"}, status=404)
    function, timer = found
    task = cloud.fire_timer(function, timer, cloud.clock.now())
    return web.json_response({"request_ids": [task.request_id]})


async def _advance(request: web.Request) -> web.Response:
    """Let ``{"advance": seconds}`` pass, as the store's own view does; ``"timers": false``."""
    cloud = request.app[CLOUD]
    try:
        asked = json.loads(await request.read())
        cloud.advance(float(asked["advance"]), timers=bool(asked.get("timers", True)))
    except (KeyError, TypeError, ValueError) as error:
        return web.json_response({"error": repr(error)}, status=400)
    return web.json_response({"now": cloud.clock.now()})
