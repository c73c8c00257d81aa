"""From a request to the handler of its operation, past everything that may refuse it.

The order is the service's: what is asked, whether the bucket exists, who asks, whether they may,
and only then whether the object exists. So a missing bucket is told to anybody, with whatever key,
as the tests of the SDKs expect; only what makes buckets asks for the signature first.
"""

from __future__ import annotations

import time

from aiohttp import web

from tests.localcloud.faults import Fault
from tests.localcloud.oss.keyring import CloudKeyring
from tests.localcloud.oss.rules import access, operations, target
from tests.localcloud.oss.rules.authentication import Caller, authenticate
from tests.localcloud.oss.rules.known import Operation
from tests.localcloud.oss.rules.refusals import Refusal
from tests.localcloud.oss.rules.signatures import SignedRequest
from tests.localcloud.oss.rules.target import Target
from tests.localcloud.oss.skin import (
    lists,
    multipart,
    properties,
    reads,
    replies,
    restores,
    service,
    upload_lists,
    writes,
)
from tests.localcloud.oss.skin.call import Call, Handler, OssServer
from tests.localcloud.policy import PREFIX

_HANDLERS: dict[str, Handler] = {
    **service.HANDLERS,
    **lists.HANDLERS,
    **upload_lists.HANDLERS,
    **reads.HANDLERS,
    **writes.HANDLERS,
    **multipart.HANDLERS,
    **properties.HANDLERS,
    **restores.HANDLERS,
}
_MAKE_BUCKETS = {"PutBucket", "PutBucketAcl"}
_UNKNOWN = "Unknown"
# Requests of these check each of their objects themselves.
_CHECKED_BY_HANDLER = {"DeleteMultipleObjects"}


class Dispatcher:
    """Answers every request to a region's endpoint that is not for the ``/-/`` paths."""

    def __init__(self, server: OssServer, region: str) -> None:
        self._server, self._region = server, region
        self._keyring = CloudKeyring(server.config)

    def classify(self, request: web.Request) -> tuple[str, str, int | None]:
        """Say what a request is in the words of the fault language; never refuses."""
        try:
            asked = self._target(request)
            operation = operations.classify(request.method, asked, _headers(request))
        except Refusal:
            return _UNKNOWN, request.raw_path, None
        number = asked.query.get("partNumber", "")
        part = int(number) if number.isascii() and number.isdigit() else None
        return operation.name, asked.key, part

    def render(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """Word a fault's status as OSS words its errors."""
        replies.begin(request)
        code = fault.code or "InternalError"
        message = fault.message or "We encountered an internal error. Please try again."
        return replies.refused(request, Refusal(fault.status or 500, code, message))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        replies.begin(request)
        try:
            return await self._answer(request)
        except Refusal as refusal:
            return replies.refused(request, refusal)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        server = self._server
        asked, headers = self._target(request), _headers(request)
        operation = operations.classify(request.method, asked, headers)
        server.requests[operation.name] += 1
        signed = SignedRequest(request.method, asked.signed, asked.query, headers)
        if asked.bucket and operation.name not in _MAKE_BUCKETS:
            server.catalogue.get(asked.bucket, self._region)
        # By the real time, which is what clients sign by; see tests.localcloud.clock.
        caller = authenticate(signed, self._keyring, self._region, time.time())
        self._check_access(caller, operation, asked)
        if asked.key:
            target.check_key(asked.key)
        call = Call(
            server=server,
            region=self._region,
            request=request,
            request_id=request[replies.REQUEST_ID],
            target=asked,
            headers=headers,
            operation=operation,
            caller=caller,
        )
        return await _HANDLERS[operation.name](call)

    def _target(self, request: web.Request) -> Target:
        host = request.headers.get("Host", "")
        return target.parse(request.raw_path, host, self._region)

    def _check_access(self, caller: Caller, operation: Operation, asked: Target) -> None:
        if caller.anonymous:
            bucket = self._server.catalogue.find(asked.bucket)
            access.check_public(operation.name, bucket, asked.key)
        elif operation.name not in _CHECKED_BY_HANDLER:
            account = self._server.config.account_id
            name = access.resource(self._region, account, asked.bucket, asked.key)
            lists = operation.action in ("oss:ListObjects", "oss:ListObjectVersions")
            request = {PREFIX: asked.query.get("prefix", "")} if lists else {}
            access.check_policy(caller, operation.action, name, request)


def _headers(request: web.Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}
