"""A running local cloud as Python code sees it: for tests, the demo and the benchmarks.

``started`` runs ``python -m tests.localcloud up`` and yields a ``LocalCloud``. What goes to OSS
or FC goes through the official SDKs; only the ``/-/`` views are asked directly.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit

import fc2
import oss2
import requests

from tests.localcloud.config import REPOSITORY

_START_SECONDS = 90.0
_STOP_SECONDS = 30.0
# Longer than any function runs: FC interrupts a function whose caller goes away.
_INVOKE_SECONDS = 86_400
_UP = (sys.executable, "-m", "tests.localcloud", "up")
_FLAGS = ("fresh_instances", "deliver_twice", "ignore_delay", "still_timers")


class CloudNotStarted(Exception):
    """``up`` ended, or said nothing in time; the message is what it wrote to stderr."""


class FunctionError(Exception):
    """The function failed, or FC refused to run it (then ``status`` is not 200)."""

    def __init__(self, error_type: str, message: str, status: int, request_id: str) -> None:
        super().__init__(error_type, message, status, request_id)
        self.error_type, self.message = error_type, message
        self.status, self.request_id = status, request_id

    def __str__(self) -> str:
        return f"{self.error_type}: {self.message}"


@dataclass
class LocalCloud:
    """The endpoints of a cloud that runs, and the conveniences that tests want of them."""

    oss_endpoint: str
    fc_endpoint: str
    origin: str
    region: str
    account_id: str
    access_key_id: str
    access_key_secret: str = field(repr=False)
    bucket_name: str
    service: str
    function: str
    second_region: str
    second_oss_endpoint: str
    pid: int

    @cached_property
    def bucket(self) -> oss2.Bucket:
        """The bucket, through oss2."""
        auth = oss2.AuthV4(self.access_key_id, self.access_key_secret)
        return oss2.Bucket(
            auth, self.oss_endpoint, self.bucket_name, region=self.region, session=self._oss_session
        )

    @cached_property
    def fc(self) -> fc2.Client:
        """Function Compute, through fc2 (the 2016-08-15 API)."""
        return fc2.Client(
            endpoint=self.fc_endpoint,
            accessKeyID=self.access_key_id,
            accessKeySecret=self.access_key_secret,
            Timeout=_INVOKE_SECONDS,
        )

    @cached_property
    def origin_root(self) -> Path:
        """The directory that the origin serves."""
        return Path(self._admin("GET", f"{self.origin}/-/root")["root"])

    def invoke(
        self,
        event: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
        qualifier: str | None = None,
    ) -> Any:
        """Invoke the function synchronously and return its reply, read from JSON."""
        payload = json.dumps(event).encode()
        try:
            reply = self.fc.invoke_function(
                self.service,
                self.function,
                payload=payload,
                headers=dict(headers or {}),
                qualifier=qualifier,
            )
        except fc2.FcError as error:
            raise _function_error(error) from error
        return json.loads(reply.data)

    def instances(self) -> list[dict[str, Any]]:
        """Return the live instances."""
        return list(self._admin("GET", f"{self.fc_endpoint}/-/instances"))

    def invocations(self, since: float = 0.0) -> list[dict[str, Any]]:
        """Return the invocations that started at ``since`` (epoch seconds) or later."""
        calls = self._admin("GET", f"{self.fc_endpoint}/-/invocations")
        return [call for call in calls if call["started"] >= since]

    def faults(self, server: str, rules: Sequence[Mapping[str, Any]] = (), seed: int = 0) -> None:
        """Replace the fault rules of one server; no rules is good behaviour again."""
        url = f"{self._endpoint(server)}/-/faults?seed={seed}"
        self._admin("PUT", url, [{"server": server, **rule} for rule in rules])

    def fault_counts(self, server: str) -> list[dict[str, Any]]:
        """Return the rules of one server with how often each has matched and was taken."""
        return list(self._admin("GET", f"{self._endpoint(server)}/-/faults"))

    def serve_file(self, name: str, content: bytes | Path, *behaviours: str) -> str:
        """Put a file behind the origin and return its URL; a path is linked, not copied."""
        target = self.origin_root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            _link(content, target)
        return self._origin_url(quote(name), behaviours)

    def generated(self, seed: str, size: int, *behaviours: str, name: str = "") -> str:
        """Return the URL of ``size`` bytes that need no disk; see the README for behaviours."""
        path = f"random/{quote(seed, safe='')}/{size}" + (f"/{quote(name)}" if name else "")
        return self._origin_url(path, behaviours)

    def origin_requests(self, url: str = "") -> dict[str, Any]:
        """Return what the origin was asked for the path of ``url``, or for everything."""
        query = urlencode({"path": urlsplit(url).path})
        return dict(self._admin("GET", f"{self.origin}/-/requests?{query}"))

    def oss_requests(self) -> dict[str, int]:
        """Return how often OSS was asked for each operation, in both regions."""
        return dict(self._admin("GET", f"{self.oss_endpoint}/-/requests"))

    def restores(self) -> dict[str, dict[int, int]]:
        """Return how often each "bucket/key" was to be restored, by the status of the answer."""
        counts = self._admin("GET", f"{self.oss_endpoint}/-/restores")
        return {key: {int(s): n for s, n in each.items()} for key, each in counts.items()}

    def read_directly(self) -> int:
        """Return how many bytes of Archive objects were read, and billed, without a restore."""
        return int(self._admin("GET", f"{self.oss_endpoint}/-/bill")["RetrievalDataArchiveDirect"])

    def advance(self, seconds: float, *, timers: bool = False) -> None:
        """Let time pass: for restores and lifecycles, and for delays and tasks.

        Timers fire only if asked to, once for each of their moments: two hundred in two days.
        """
        passed = {"advance": seconds, "timers": timers}
        for server in ("oss", "fc"):
            self._admin("PUT", f"{self._endpoint(server)}/-/clock", passed)

    def fire_timer(self, name: str) -> None:
        """Let a timer of the function fire now."""
        self._admin("POST", f"{self.fc_endpoint}/-/timers/{name}")

    def close(self) -> None:
        """Give back the connections that the conveniences keep."""
        self._http.close()
        self._oss_session.session.close()

    @cached_property
    def _http(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        return session

    @cached_property
    def _oss_session(self) -> oss2.Session:
        return oss2.Session()

    def _endpoint(self, server: str) -> str:
        return {"oss": self.oss_endpoint, "fc": self.fc_endpoint, "origin": self.origin}[server]

    def _origin_url(self, path: str, behaviours: Sequence[str]) -> str:
        query = urlencode([("as", each) for each in behaviours], safe=":,")
        return f"{self.origin}/{path}" + (f"?{query}" if query else "")

    def _admin(self, method: str, url: str, document: object = None) -> Any:
        reply = self._http.request(method, url, json=document, timeout=30)
        if not reply.ok:
            raise ValueError(f"{method} {url}: {reply.status_code} {reply.text}")
        return reply.json() if reply.content else None


@contextlib.contextmanager
def started(**options: Any) -> Iterator[LocalCloud]:
    """Run a local cloud; the options are those of ``up``, with underscores.

    ``env`` is a mapping and ``faults`` a list of rules. The cloud also ends when this process
    does, however that happens. Its timers stand still until ``advance``, unless asked otherwise:
    no test is to find one more invocation because it happens to be three o'clock.
    """
    options = {"still_timers": True, **options}
    with tempfile.TemporaryFile() as log:
        # The rules are read before the first line is printed: nothing is left to tidy up later.
        with tempfile.TemporaryDirectory(prefix="ossferry-rules-") as folder:
            process = subprocess.Popen(
                [*_UP, *_arguments(options, Path(folder)), "--until-eof"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=REPOSITORY,
            )
            try:
                cloud = _described(process, log)
            except BaseException:
                _stop(process)
                raise
        try:
            yield cloud
        finally:
            cloud.close()
            _stop(process)


def _arguments(options: Mapping[str, Any], folder: Path) -> list[str]:
    arguments: list[str] = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if name in _FLAGS:
            arguments += [flag] if value else []
        elif name == "env":
            arguments += [text for each in value.items() for text in (flag, "=".join(each))]
        elif name == "faults":
            rules = folder / "faults.json"
            rules.write_text(json.dumps(list(value)))
            arguments += [flag, str(rules)]
        elif value is not None:
            arguments += [flag, str(value)]
    return arguments


def _described(process: subprocess.Popen[bytes], log: IO[bytes]) -> LocalCloud:
    stdout: IO[bytes] | None = process.stdout
    assert stdout is not None
    ready, _, _ = select.select([stdout], [], [], _START_SECONDS)
    line = stdout.readline() if ready else b""
    if not line:
        log.seek(0)
        raise CloudNotStarted(log.read().decode("utf-8", "replace")[-4000:])
    description = json.loads(line)
    description["bucket_name"] = description.pop("bucket")
    return LocalCloud(**description)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    finally:
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def _function_error(error: fc2.FcError) -> FunctionError:
    try:
        body = json.loads(error.message)
    except ValueError:
        body = {}
    return FunctionError(
        error_type=str(body.get("errorType") or body.get("ErrorCode") or error.err_code),
        message=str(body.get("errorMessage") or body.get("ErrorMessage") or error.message),
        status=int(error.status_code),
        request_id=str(error.request_id),
    )


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
