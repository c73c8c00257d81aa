"""What is asked of Function Compute: submit, look at, list and stop tasks, and invoke.

Each refusal is one sentence that says what to do. What a refusal quotes of signatures, tokens
included, is never repeated.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import requests

from ..function import Function
from ..problems import Problem, Refused
from ..session import guarded
from .signing import signed_2_0, signed_3_0
from .tasks import LIVE, Task

_CONNECT, _ANSWER = 10.0, 30.0  # seconds
_INVOKED = 3600.0  # that a synchronous invocation may take
_ATTEMPTS = 3
_PAGE = 100


class Answer(NamedTuple):
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> dict[str, Any]:
        document = json.loads(self.body or b"{}")
        return document if isinstance(document, dict) else {}


class FunctionApi:
    """One function, by the API of its generation."""

    def __init__(self, function: Function) -> None:
        self._function = function
        # Proxies of the environment are for what is out there.
        self._session = guarded(requests.Session(), proxies=not function.is_local)
        name, service = quote(function.name, safe=""), function.service
        if service is None:
            self._path = f"/2023-03-30/functions/{name}"
            self._tasks, self._id = "async-tasks", "x-fc-async-task-id"
        else:
            version = f".{function.qualifier}" if function.qualifier else ""
            self._path = (
                f"/2016-08-15/services/{quote(service + version, safe='')}/functions/{name}"
            )
            self._tasks = "stateful-async-invocations"
            self._id = "x-fc-stateful-async-invocation-id"

    def close(self) -> None:
        self._session.close()

    def submit(self, event: bytes, task_id: str) -> str | None:
        """The id of the request; None if there is such a task already."""
        headers = {"x-fc-invocation-type": "Async", self._id: task_id}
        try:
            answer = self._ask("POST", "/invocations", headers=headers, body=event)
        except Refused as refused:
            if refused.status == 409:
                return None
            raise
        return answer.headers.get("x-fc-request-id", "")

    def invoke(self, event: bytes) -> dict[str, Any]:
        """What the function replies, waited for."""
        headers = {"x-fc-invocation-type": "Sync"}
        answer = self._ask("POST", "/invocations", headers=headers, body=event, patience=_INVOKED)
        document = answer.document()
        if "x-fc-error-type" in answer.headers:
            raise Problem(str(document.get("errorMessage") or "the function failed"))
        return document

    def task(self, task_id: str) -> Task | None:
        try:
            answer = self._ask("GET", f"/{self._tasks}/{quote(task_id, safe='')}")
        except Refused as refused:
            if (
                refused.status == 404
                and "NotFound" in refused.code
                and "Function" not in refused.code
            ):
                return None
            raise
        return Task.read(answer.document())

    def tasks(self, prefix: str = "", status: str = "") -> Iterator[Task]:
        """The newest first, with what was submitted."""
        asked = {"limit": str(_PAGE), "sortOrderByTime": "desc", "includePayload": "true"}
        asked |= {"prefix": prefix} if prefix else {}
        asked |= {"status": status} if status else {}
        token = ""
        while True:
            query = {**asked, **({"nextToken": token} if token else {})}
            document = self._ask("GET", f"/{self._tasks}", query).document()
            found = document.get("tasks") or document.get("invocations") or []
            yield from map(Task.read, found)
            token = str(document.get("nextToken") or "")
            if not token:
                return

    def going_on(self, request_id: str) -> list[Task]:
        """Live tasks that go on with what the task of this request handed over."""
        return [
            task
            for status in LIVE
            for task in self.tasks(status=status)
            if task.handed_over_by == request_id
        ]

    def stop(self, task_id: str) -> None:
        path = f"/{self._tasks}/{quote(task_id, safe='')}"
        self._ask("PUT", path if self._function.service else f"{path}/stop")

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        patience: float = _ANSWER,
    ) -> Answer:
        """Hiccups are tried again, but for what would then be done twice."""
        asked = dict(query or {})
        if self._function.service is None and self._function.qualifier and path == "/invocations":
            asked["qualifier"] = self._function.qualifier
        idempotent = method == "GET" or self._id in (headers or {})
        for attempt in range(_ATTEMPTS):
            try:
                return self._once(
                    method, f"{self._path}{path}", asked, headers or {}, body, patience
                )
            except Refused as refused:
                passing = refused.status in (429, 500, 502, 503)
                if attempt == _ATTEMPTS - 1 or not passing or not idempotent:
                    raise
            time.sleep(0.5 * 2**attempt)
        raise AssertionError

    def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        patience: float,
    ) -> Answer:
        endpoint, keys = self._function.fc_endpoint, self._function.credentials
        if self._function.service is None:
            host = urlsplit(endpoint).netloc
            sent = signed_3_0(method, host, path, query, headers, body, keys, time.time())
        else:
            sent = signed_2_0(method, path, headers, keys, time.time())
        text = urlencode(query, quote_via=quote)
        return self._send(method, f"{endpoint}{path}{'?' * bool(text)}{text}", sent, body, patience)

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, patience: float
    ) -> Answer:
        where = urlsplit(url).netloc
        try:
            reply = self._session.request(
                method, url, data=body, headers=dict(headers), timeout=(_CONNECT, patience)
            )
        except requests.Timeout:
            raise Problem(f"Function Compute did not answer at {where}: try again later") from None
        except requests.RequestException:
            hint = "look at your network, and whether the region is the right one"
            if self._function.is_local:
                hint = "end make cloud, and start it again"
            raise Problem(f"Function Compute cannot be reached at {where}: {hint}") from None
        if reply.status_code >= 300:
            raise _refused(self._function, reply.status_code, reply.content)
        return Answer({name.lower(): value for name, value in reply.headers.items()}, reply.content)


def _refused(function: Function, status: int, body: bytes) -> Refused:
    """The sentence for a refusal."""
    try:
        document = json.loads(body)
        code = str(document.get("Code") or document.get("ErrorCode") or "")
        message = str(document.get("Message") or document.get("ErrorMessage") or "")
    except (ValueError, AttributeError):
        code = message = ""
    return Refused(_sentence(function, status, code, message.rstrip(". ")), status, code)


def _sentence(function: Function, status: int, code: str, message: str) -> str:
    name, region = function.full_name, function.region
    if code in ("FunctionNotFound", "ServiceNotFound"):
        return (
            f"there is no function {name} in {region}: deploy it (s deploy), or name yours with"
            " --function and --region"
        )
    if code in ("SignatureNotMatch", "InvalidAccessKeyID", "SignatureDoesNotMatch"):
        return (
            f"Function Compute does not accept the credentials from {function.credentials.source}:"
            " configure valid ones, or choose others with --profile"
        )
    if status in (401, 403):
        return f"Function Compute refuses ({message or code}): allow your user that action"
    if status == 429:
        return "Function Compute is too busy, or a quota is used up: try again in a minute"
    if status >= 500:
        return f"Function Compute failed with {status} {code}: try again in a minute"
    return f"Function Compute refuses with {status} {code}: {message or 'look at what was asked'}"


def account_of(function: Function) -> str:
    """The id of the account, from the name that Function Compute gives the function."""
    probe = function._replace(
        fc_endpoint=f"https://fcv3.{function.region}.aliyuncs.com",
        name=function.full_name,
        service=None,
    )
    api = FunctionApi(probe)
    arn = str(api._ask("GET", "").document().get("functionArn", ""))
    parts = arn.split(":")
    if len(parts) < 5 or not parts[3]:
        raise Problem(
            "the id of your account is not known: set FC_ACCOUNT_ID to that of the main account"
        )
    return parts[3]
