"""What the 3.0 API tells of a function: itself, its triggers, its concurrency, its instances.

The names of actions and resources are those of the service's page on policies.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from . import descriptions, errors
from .addresses import Address
from .callers import Caller
from .incoming import CLOUD, REQUEST_ID
from .instance import Instance
from .queries import number, page

_MAX_TRIGGERS = 100
_MAX_INSTANCES = 1000
_RUNNING, _DESTROYED = "Running", "Destroyed"


async def get_function(
    request: web.Request, address: Address, caller: Caller
) -> web.StreamResponse:
    """Describe a function, without its code."""
    cloud = request.app[CLOUD]
    found = cloud.find(address, caller, "fc:GetFunction")
    described = descriptions.function(
        found,
        arn=cloud.arn(address),
        account_id=cloud.config.account_id,
        environment={**found.environment, **cloud.config.env},
        made=cloud.made,
    )
    return web.json_response(described)


async def list_triggers(
    request: web.Request, address: Address, caller: Caller
) -> web.StreamResponse:
    """Describe the triggers whose names begin with ``prefix``, a page at a time."""
    cloud = request.app[CLOUD]
    found = cloud.find(address, caller, "fc:ListTriggers", "/triggers/*")
    prefix = request.query.get("prefix", "")
    described = [
        descriptions.trigger(document, cloud.arn(address), cloud.made)
        for document in found.props.get("triggers") or []
        if str(document["triggerName"]).startswith(prefix)
    ]
    triggers, following = page(request, described, _MAX_TRIGGERS)
    return web.json_response({"triggers": triggers, "nextToken": following})


async def get_concurrency(
    request: web.Request, address: Address, caller: Caller
) -> web.StreamResponse:
    """Tell how many instances are reserved for a function, which is as many as it may have."""
    cloud = request.app[CLOUD]
    found = cloud.find(address, caller, "fc:GetConcurrencyConfig")
    if found.reserved is None:
        # As the official Terraform provider expects it.
        raise errors.not_configured("OnDemandConfigNotFound", found.name)
    body = {"functionArn": cloud.arn(address), "reservedConcurrency": found.reserved}
    return web.json_response(body)


async def list_instances(
    request: web.Request, address: Address, caller: Caller
) -> web.StreamResponse:
    """Describe the instances of one version or alias: those that live, unless others are asked for.

    Inferred from the names of the parameters: ``instanceStatus`` asks for ended ones too, the times
    for those that lived between them, and ``withAllActive`` for all that live, whatever the times.
    """
    cloud = request.app[CLOUD]
    function = cloud.find(address, caller, "fc:ListInstances", "/instances/*")
    wanted = set(_texts(request, "instanceIds"))
    statuses = set(_texts(request, "instanceStatus")) or {_RUNNING}
    if strange := statuses - {_RUNNING, _DESTROYED}:
        raise errors.invalid_argument(f"instanceStatus {sorted(strange)} is not known")
    found = [
        each
        for each in (*cloud.pool, *cloud.pool.past())
        if (each.function.name, each.function.qualifier) == (function.name, function.qualifier)
        and (not wanted or each.id in wanted)
        and _is_asked_for(request, each, statuses)
    ]
    limit = number(request, "limit", _MAX_INSTANCES)
    if limit > _MAX_INSTANCES:
        raise errors.invalid_argument(f"limit {limit} is not within 0 and {_MAX_INSTANCES}")
    after = request.query.get("startKey", "")
    listed = sorted((each for each in found if each.id > after), key=lambda each: each.id)
    described = [descriptions.instance(each) for each in listed[:limit]]
    return web.json_response({"instances": described, "requestId": request[REQUEST_ID]})


def _is_asked_for(request: web.Request, each: Instance, statuses: set[str]) -> bool:
    if not each.ended and request.query.get("withAllActive", "").lower() == "true":
        return True
    begin, end = number(request, "startTimeMs", 0), number(request, "endTimeMs", 0)
    lived = (each.destroyed is None or each.destroyed * 1000 >= begin) and (
        not end or each.created * 1000 <= end
    )
    return lived and (_DESTROYED if each.ended else _RUNNING) in statuses


def _texts(request: web.Request, name: str) -> list[str]:
    """Return a parameter that is a list, which travels as JSON."""
    try:
        values: Any = json.loads(request.query.get(name) or "[]")
    except ValueError:
        values = None
    if not isinstance(values, list):
        raise errors.invalid_argument(f"{name} is no list of JSON")
    return [str(value) for value in values]
