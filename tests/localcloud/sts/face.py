"""An STS on 127.0.0.1, for as long as a test holds it open: AssumeRole, and nothing else.

The signature is worked out from what came over the wire, by the code that judges the calls of
Function Compute, which the official SDKs sign in the same way.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from types import TracebackType
from typing import Any

from aiohttp import web
from typing_extensions import Self

from tests.localcloud.credentials import Grant, InvalidToken, issue, read
from tests.localcloud.fc.signatures import SignedRequest, canonical_request
from tests.localcloud.policy import allows
from tests.localcloud.serving import listening, serving_app

_ACS3 = re.compile(
    r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})"
)
_SKEW = 15 * 60
_SHORTEST = 900
_SESSION = r"[A-Za-z0-9.@_-]{2,64}"
_MUST_BE_SIGNED = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"}


@dataclass(frozen=True, slots=True)
class Role:
    """What who assumes it may do; ``lifetime`` is for keys that end sooner than was asked for."""

    policy: Mapping[str, Any]
    trusted: bool = True
    longest: int = 3600
    lifetime: float | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """One success."""

    role: str
    session: str
    seconds: int
    access_key_id: str


class _Refused(Exception):
    def __init__(self, status: int, code: str, policy: str = "") -> None:
        super().__init__(status, code, policy)
        self.status, self.code, self.policy = status, code, policy


class STS:
    """A context manager."""

    def __init__(self, root_secret: str, roles: Mapping[str, Role]) -> None:
        self._root_secret = root_secret
        self.roles = dict(roles)
        self.url = ""
        self.asked: list[Given] = []
        self.requests = 0
        self._nonces: set[str] = set()
        self._refusals: deque[_Refused | None] = deque()
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        bound, self.url = self._open.enter_context(listening())
        self._open.enter_context(serving_app(app, bound))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._open.close()

    def refuse(self, status: int, code: str, times: int = 1) -> None:
        """Answer the next requests like this."""
        self._refusals += [_Refused(status, code)] * times

    def gone(self, times: int) -> None:
        """Break the next requests off."""
        self._refusals += [None] * times

    async def _handle(self, request: web.Request) -> web.Response:
        self.requests += 1
        body = await request.read()
        try:
            if self._refusals:
                refusal = self._refusals.popleft()
                if refusal is None:
                    assert request.transport is not None
                    request.transport.abort()
                    raise web.HTTPInternalServerError
                raise refusal
            return web.json_response(self._assume(request, body))
        except _Refused as refused:
            said: dict[str, Any] = {
                "RequestId": "B1F6-LOCAL",
                "HostId": request.host,
                "Code": refused.code,
                "Message": f"The request was refused: {refused.code}.",
            }
            if refused.policy:
                said["AccessDeniedDetail"] = {
                    "AuthAction": "sts:AssumeRole",
                    "PolicyType": refused.policy,
                    "NoPermissionType": "ImplicitDeny",
                }
            return web.json_response(said, status=refused.status)

    def _assume(self, request: web.Request, body: bytes) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers.get("x-acs-action") != "AssumeRole":
            raise _Refused(404, "InvalidAction.NotFound")
        if headers.get("x-acs-version") != "2015-04-01":
            raise _Refused(400, "InvalidVersion")
        grant, caller = self._caller(request, headers, body)
        asked = {**request.query}
        arn = asked.get("RoleArn", "")
        if grant.policy is not None and not allows(grant.policy, "sts:AssumeRole", arn):
            raise _Refused(403, "NoPermission", "AccountLevelIdentityBasedPolicy")
        role = self.roles.get(arn)
        if role is None:
            raise _Refused(404, "EntityNotExist.Role")
        if not role.trusted:
            raise _Refused(403, "NoPermission", "AssumeRolePolicy")
        session = asked.get("RoleSessionName", "")
        if not re.fullmatch(_SESSION, session):
            raise _Refused(400, "InvalidParameter.RoleSessionName")
        seconds = int(asked.get("DurationSeconds", "3600"))
        if not _SHORTEST <= seconds <= role.longest:
            raise _Refused(400, "InvalidParameter.DurationSeconds")
        # Whole seconds, as the answer tells them.
        ends = int(time.time() + (role.lifetime or seconds))
        keys = issue(self._root_secret, role.policy, ends)
        self.asked.append(Given(arn, session, seconds, caller))
        moment = datetime.fromtimestamp(ends, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "RequestId": "B1F6-LOCAL",
            "AssumedRoleUser": {"Arn": f"{arn}/{session}", "AssumedRoleId": f"1:{session}"},
            "Credentials": {
                "AccessKeyId": keys.access_key_id,
                "AccessKeySecret": keys.access_key_secret,
                "SecurityToken": keys.security_token,
                "Expiration": moment,
            },
        }

    def _caller(
        self, request: web.Request, headers: Mapping[str, str], body: bytes
    ) -> tuple[Grant, str]:
        claim = _ACS3.fullmatch(headers.get("authorization", ""))
        if claim is None:
            raise _Refused(400, "IncompleteSignature")
        signed = claim[2].split(";")
        ours = {name for name in headers if name.startswith("x-acs-")} | _MUST_BE_SIGNED
        digest = hashlib.sha256(body).hexdigest()
        if not ours <= {*signed} or headers.get("x-acs-content-sha256") != digest:
            raise _Refused(400, "IncompleteSignature")
        now = time.time()
        if abs(_moment(headers["x-acs-date"]) - now) > _SKEW:
            raise _Refused(400, "InvalidTimeStamp.Expired")
        nonce = headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            raise _Refused(400, "SignatureNonceUsed")
        self._nonces.add(nonce)
        try:
            token = headers.get("x-acs-security-token", "")
            grant = read(self._root_secret, token, claim[1])
        except InvalidToken:
            raise _Refused(400, "InvalidSecurityToken.Malformed") from None
        if now >= grant.expires:
            raise _Refused(400, "InvalidSecurityToken.Expired")
        path = request.raw_path.partition("?")[0]
        query = [(name, value) for name, value in request.query.items()]
        message = SignedRequest("2023-03-30", request.method, path, query, headers, body)
        text = canonical_request(message, signed, digest)
        to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(text.encode()).hexdigest()}"
        expected = hmac.digest(grant.access_key_secret.encode(), to_sign.encode(), "sha256").hex()
        if not hmac.compare_digest(expected, claim[3]):
            raise _Refused(400, "SignatureDoesNotMatch")
        return grant, claim[1]


def _moment(text: str) -> float:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise _Refused(400, "InvalidTimeStamp.Format") from None
    return moment.replace(tzinfo=timezone.utc).timestamp()
