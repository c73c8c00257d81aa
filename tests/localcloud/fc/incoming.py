"""What every request to the FC API goes through: an id, its body, its signature, its refusal."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.localcloud.faults import Fault

from . import errors
from .addresses import FC2, FC3, Address, fc2_address, fc3_address
from .callers import Caller
from .cloud import Cloud
from .records import role_of
from .signatures import SignedRequest

CLOUD: web.AppKey[Cloud] = web.AppKey("cloud", Cloud)
# What the fault language calls the request that a handler is for.
OPERATIONS: web.AppKey[dict[object, str]] = web.AppKey("operations", dict)
REQUEST_ID = web.RequestKey("request_id", str)
PAYLOAD = web.RequestKey("payload", bytes)
ROLE = web.RequestKey("role", str)
MAX_SYNC_PAYLOAD = 32 * 1024 * 1024
MAX_ASYNC_PAYLOAD = 128 * 1024

ApiHandler = Callable[[web.Request, Address, Caller], Awaitable[web.StreamResponse]]


@web.middleware
async def incoming(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read the request before anything else looks at it, and word what is refused."""
    if request.raw_path.startswith("/-/"):
        return await handler(request)
    request[REQUEST_ID] = str(uuid.uuid4())
    try:
        request[PAYLOAD] = await _read_payload(request)
        request[ROLE] = role_of(request[PAYLOAD])
        return await handler(request)
    except errors.Refused as error:
        return refusal(request, error)
    except web.HTTPException:
        return refusal(request, errors.path_not_supported(request.path))
    except ConnectionError:
        raise
    except Exception:
        # A bug of ours; but the SDKs cannot read a 500 that is not JSON.
        logging.exception("request %s failed", request[REQUEST_ID])
        failed = errors.Refused(500, "InternalServerError", "an internal error has occurred")
        return refusal(request, failed)


def api(handler: ApiHandler) -> Handler:
    """Wrap a handler of the API: it gets the function's address and an authenticated caller."""

    async def authenticated(request: web.Request) -> web.StreamResponse:
        # Refused here, not further out, so that a fault can drop this reply as well.
        try:
            caller = request.app[CLOUD].authenticate(_signed(request))
            response = await handler(request, _address(request), caller)
            if not response.prepared:
                response.headers.setdefault("X-Fc-Request-Id", request[REQUEST_ID])
            return response
        except errors.Refused as error:
            return refusal(request, error)

    return authenticated


def classify(request: web.Request) -> tuple[str, str, int | None]:
    """Name a request in the words of the fault language; the key is the role."""
    operation = request.app[OPERATIONS].get(request.match_info.handler, "Unknown")
    return operation, request[ROLE], None


def injected(request: web.Request, fault: Fault) -> web.StreamResponse:
    """Word a refusal that a fault asks for."""
    status = fault.status or 500
    usual = {429: "ResourceExhausted", 503: "ResourceThrottled"}.get(status, "InternalServerError")
    error = errors.Refused(status, fault.code or usual, fault.message or "injected fault")
    return refusal(request, error)


def refusal(request: web.Request, error: errors.Refused) -> web.StreamResponse:
    """Write the refusal as the API version of the request spells it."""
    request_id = request[REQUEST_ID]
    return web.Response(
        status=error.status,
        body=errors.render(error, _api_version(request), request_id),
        content_type="application/json",
        headers={"X-Fc-Request-Id": request_id},
    )


async def _read_payload(request: web.Request) -> bytes:
    limit = MAX_ASYNC_PAYLOAD if is_async(request) else MAX_SYNC_PAYLOAD
    if (request.content_length or 0) > limit:
        raise errors.too_large(limit)
    payload = bytearray()
    async for piece in request.content.iter_any():
        payload += piece
        if len(payload) > limit:
            raise errors.too_large(limit)
    return bytes(payload)


def is_async(request: web.Request) -> bool:
    """Say whether a call asks to be queued."""
    asked = request.headers.get("x-fc-invocation-type", "Sync")
    if asked not in ("Sync", "Async"):
        raise errors.invalid_argument(f"the invocation type '{asked}' is neither Sync nor Async")
    return asked == "Async"


def _api_version(request: web.Request) -> str:
    return FC2 if request.raw_path.startswith(f"/{FC2}/") else FC3


def _signed(request: web.Request) -> SignedRequest:
    path, _, query = request.raw_path.partition("?")
    return SignedRequest(
        api_version=_api_version(request),
        method=request.method,
        path=path,
        query=parse_qsl(query, keep_blank_values=True),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request[PAYLOAD],
    )


def _address(request: web.Request) -> Address:
    function = request.match_info["function"]
    if _api_version(request) == FC2:
        return fc2_address(request.match_info["service"], function)
    return fc3_address(function, request.query.get("qualifier"))
