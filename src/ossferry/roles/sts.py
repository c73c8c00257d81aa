"""One request to STS: AssumeRole, signed by ACS3-HMAC-SHA256; STS API reference, "AssumeRole".

The one owner of its retries. Whatever it ends in says what to set where, and shows no key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from ..context import Credentials
from ..dates import moment_of
from ..errors import FerryError, TargetRefused, TargetUnavailable
from ..http.connection import BROKEN, Connection
from ..http.reply import reason
from ..retry import DEFAULT_POLICY, call
from ..urls import Url

_ACS3 = "ACS3-HMAC-SHA256"
_NO_BODY = hashlib.sha256(b"").hexdigest()
_ANSWER_AT_MOST = 64 * 1024  # bytes
_PATIENCE = 10.0  # seconds for one request
# STS takes no fewer; a role that was assumed by a role may have no more.
SHORTEST, LONGEST = 900, 3600


class Asked(NamedTuple):
    """``session`` is what the other account's audit log shows of who came."""

    role: str
    session: str
    seconds: int


def assume(
    asked: Asked, own: Credentials, endpoints: Sequence[str], deadline: float
) -> Credentials:
    """Ask the first of the endpoints that can be reached. ``TargetRefused`` says what is missing,
    ``TargetUnavailable`` that STS did not answer after all attempts."""

    def attempt() -> Credentials:
        broken = ""
        for endpoint in endpoints:
            try:
                return _asked(asked, own, Url(f"{endpoint}/"), deadline)
            except BROKEN as error:
                broken = f"{Url(endpoint).host} could not be reached: {reason(error)}"
        raise TargetUnavailable(f"STS gives no keys for {asked.role} now: {broken}")

    return call(attempt, DEFAULT_POLICY, deadline=deadline)


def _asked(asked: Asked, own: Credentials, url: Url, deadline: float) -> Credentials:
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    # Another one each time: STS refuses what it has seen.
    query, headers = signed(asked, own, url.host_header, date, os.urandom(16).hex())
    until = min(deadline, time.monotonic() + _PATIENCE)
    connection = Connection()
    try:
        connection.ask("POST", url.at("/", query), {**headers, "Content-Length": "0"}, until)
        reply = connection.reply()
        answer = reply.read(_ANSWER_AT_MOST)
    finally:
        connection.drop()
    said = _document(answer)
    if reply.status != 200:
        raise _refusal(asked, reply.status, said)
    given = _given(said)
    if given is None:
        raise TargetUnavailable(f"what came is no answer of STS about {asked.role}")
    return given


def signed(
    asked: Asked, own: Credentials, host: str, date: str, nonce: str
) -> tuple[str, dict[str, str]]:
    """The query and the headers of the request."""
    parameters = {
        "DurationSeconds": str(asked.seconds),
        "RoleArn": asked.role,
        "RoleSessionName": asked.session,
    }
    query = "&".join(f"{name}={quote(text, safe='~')}" for name, text in parameters.items())
    headers = {
        "host": host,
        "x-acs-action": "AssumeRole",
        "x-acs-content-sha256": _NO_BODY,
        "x-acs-date": date,
        "x-acs-security-token": own.security_token,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": "2015-04-01",
    }
    headers = {name: text for name, text in headers.items() if text}
    lines = "".join(f"{name}:{text}\n" for name, text in headers.items())
    names = ";".join(headers)
    request = f"POST\n/\n{query}\n{lines}\n{names}\n{_NO_BODY}"
    text = f"{_ACS3}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(own.access_key_secret.encode(), text.encode(), "sha256").hex()
    credential = f"Credential={own.access_key_id},SignedHeaders={names},Signature={signature}"
    sent = {name: text for name, text in headers.items() if name != "host"}
    return query, {
        **sent,
        "Accept": "application/json",
        "Authorization": f"{_ACS3} {credential}",
    }


def _document(answer: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(answer)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _given(said: Mapping[str, Any]) -> Credentials | None:
    given = said.get("Credentials")
    names = ("AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration")
    values = [given.get(name) for name in names] if isinstance(given, dict) else []
    id, secret, token, ends = (str(each or "") for each in values or [None] * 4)
    moment = moment_of(ends)
    if moment is None or not (id and secret and token):
        return None
    return Credentials(id, secret, token, moment)


def _refusal(asked: Asked, status: int, said: Mapping[str, Any]) -> FerryError:
    code = re.sub(r"[^\w.-]", "", str(said.get("Code") or ""))[:64]
    role = asked.role
    if status >= 500 or status == 429 or code.startswith("Throttling"):
        return TargetUnavailable(f"STS answered {status} about {role}: {code}")
    if code.startswith("NoPermission"):
        return TargetRefused(_missing(role, said))
    if code.startswith("EntityNotExist.Role"):
        return TargetRefused(
            f"there is no role {role}: create it in that account, or correct OSSFERRY_ASSUME_ROLE_*"
        )
    if code.startswith("InvalidSecurityToken"):
        return TargetRefused(
            f"the function's own keys have ended, so that it cannot assume {role}: send the event"
            " again"
        )
    if code.startswith(("SignatureDoesNotMatch", "InvalidTimeStamp", "InvalidAccessKeyId")):
        return TargetRefused(
            f"STS does not take the function's own keys, to assume {role}, for valid ({code}):"
            " check the function's role and its clock"
        )
    return TargetRefused(
        f"STS answered {status} to the request to assume {role}: {code or 'no reason given'};"
        " look it up in STS's error codes"
    )


def _missing(role: str, said: Mapping[str, Any]) -> str:
    """Which of the two sides has to allow it, where STS says that; RAM user guide,
    "AccessDeniedDetail"."""
    detail = said.get("AccessDeniedDetail")
    policy = detail.get("PolicyType") if isinstance(detail, dict) else None
    trust = "let the trust policy of that role name the function's role, or its account"
    permission = f"allow the function's role sts:AssumeRole on {role}"
    if policy == "AssumeRolePolicy":
        return f"{role} does not trust the function's role: {trust}"
    if policy is not None:
        return f"the function's role may not assume {role}: {permission}"
    return f"the function's role may not assume {role}: {permission}, and {trust}"
