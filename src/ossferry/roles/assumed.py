"""Who asks for a bucket: the function's role, or a role of another account that it assumes.

What is assumed is assumed once per invocation, by the first who needs it, and again when half of
its time is over: URLs that were signed until then have to be good for a while.
"""

from __future__ import annotations

import math
import re
import threading
import time
from functools import partial

from ..context import Context, Credentials, Signing
from ..errors import (
    FerryError,
    SourceRefused,
    SourceUnavailable,
    TargetRefused,
    TargetUnavailable,
)
from ..log import log
from ..names import ObjectName
from ..settings import Settings

_LAST = 1.0  # seconds before their end at which keys are not used any more
_AGAIN = 10.0  # seconds until STS is asked again after it refused
_KEPT = 16  # sessions of an instance
_SESSION = re.compile(r"[^A-Za-z0-9.@_-]")

_Key = tuple[str, str, str, Credentials]
_sessions: dict[_Key, _Session] = {}


def signing_for(
    name: ObjectName,
    context: Context,
    settings: Settings,
    chosen: str | None = None,
    *,
    reading: bool = False,
) -> Signing:
    """What gives the keys to sign with for a bucket. ``reading``: it is a source's.

    ``InvalidEvent`` if the event has ``chosen`` what is not for the bucket. Asking for the keys is
    an error of the source or of the target where they cannot be had.
    """
    role = settings.foreign.role(name, chosen)
    if role is None:
        own = context.credentials
        return lambda: own
    endpoint = settings.sts_endpoint or ""
    key = (context.request_id, role, endpoint, context.credentials)
    while len(_sessions) >= _KEPT and key not in _sessions:
        _sessions.pop(next(iter(_sessions)), None)
    session = _sessions.setdefault(key, _Session(role, context, endpoint))
    return partial(session.credentials, reading)


class _Session:
    """A role as one invocation has assumed it."""

    def __init__(self, role: str, context: Context, endpoint: str) -> None:
        self._role = role
        self._context = context
        self._endpoints = _endpoints(context.region, endpoint)
        self._lock = threading.Lock()
        self._had: Credentials | None = None
        self._renew = 0.0
        self._refusal: FerryError | None = None
        self._refused = -math.inf

    def credentials(self, reading: bool) -> Credentials:
        now, had = time.time(), self._had
        if had and now < min(self._renew, had.ends - _LAST):
            return had
        good = had is not None and now < had.ends - _LAST
        # Whoever has keys that are good does not wait until somebody else has better ones.
        if not self._lock.acquire(blocking=not good) and had:
            return had
        try:
            if self._had is had or self._had is None:
                self._had = self._assumed(had if good else None, reading)
            return self._had
        finally:
            self._lock.release()

    def _assumed(self, good: Credentials | None, reading: bool) -> Credentials:
        """Anew; or what is still ``good``, if STS does not do that now."""
        if self._refusal and time.monotonic() < self._refused + _AGAIN:
            raise _as_asked(self._refusal, reading)
        from .sts import LONGEST, SHORTEST, Asked, assume

        session = _SESSION.sub("-", f"ossferry-{self._context.request_id}")[:64]
        left = int(self._context.deadline - time.monotonic()) + SHORTEST
        asked = Asked(self._role, session, max(SHORTEST, min(LONGEST, left)))
        context = self._context
        try:
            new = assume(asked, context.credentials, self._endpoints, context.deadline)
        except FerryError as error:
            if good:
                log("role.not_renewed", "warning", role=self._role, error=error.message)
                self._renew = time.time() + _AGAIN
                return good
            self._refusal, self._refused = error, time.monotonic()
            raise _as_asked(error, reading) from error
        now = time.time()
        self._renew = now + (new.ends - now) / 2
        log("role.assumed", role=self._role, session=session, seconds=round(new.ends - now))
        return new


def _as_asked(error: FerryError, reading: bool) -> FerryError:
    """The same of a source or of a target."""
    if error.retryable:
        kind: type[FerryError] = SourceUnavailable if reading else TargetUnavailable
    else:
        kind = SourceRefused if reading else TargetRefused
    return kind(error.message)


def _endpoints(region: str, given: str) -> list[str]:
    """Inside the region first, which a function without Internet access can reach as well."""
    if given:
        return [given if "://" in given else f"https://{given}"]
    return [f"https://sts-vpc.{region}.aliyuncs.com", f"https://sts.{region}.aliyuncs.com"]
