"""What an invocation needs of the account that it runs in: buckets, children, address rules."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from .context import Context, Signing
from .copying.copy_job import CopyJob, CopyResult
from .errors import InvalidEvent, Stopped
from .http.netguard import NetGuard
from .jobs import as_event
from .names import ObjectName
from .origins.credentials import Credentials
from .oss.allowed import judge, judge_source
from .retry import DEFAULT_POLICY, call
from .settings import Settings
from .stop import Stop

if TYPE_CHECKING:
    from .fc.invoker import Invoker
    from .oss.bucket import Bucket
    from .oss.direct import Direct

# What a coordinator keeps back of its time, in seconds and at most as a share of it:
#
#   last_call   nothing is begun any more; who copies comes to an end
#   | _HEARING  the children tell what they got done
#   deadline    nobody waits for them any more
#   | _RESERVE  the record is written or the upload aborted, then the work is handed over or the
#   |           outcome written; each is tried again as long as
#   last_word   there is time for another attempt
#   | _ANSWER   the reply is on its way
#   the function's timeout
_HEARING = 2.0
_RESERVE = 5.0
_ANSWER = 0.5
_SHARE = 0.2
_ANSWER_SHARE = 0.02
_LONGER = 900.0  # seconds that a signed URL outlives the invocation: clocks differ
_PATIENCE = 10.0  # seconds that FC gets to accept an event
EVENT_AT_MOST = 128 * 1024  # bytes, of an event that nobody waits for the end of
_STOPPED = 3.0  # seconds that a request to OSS gets after a stop
_MOMENT = 1.0  # seconds between attempts after a stop, at the most


class Cloud:
    """Made once per invocation.

    ``last_call``, ``deadline`` and ``last_word`` are on ``time.monotonic``; ``stop`` is set if all
    has to end at once.
    """

    def __init__(self, context: Context, settings: Settings, stop: Stop) -> None:
        self._context = context
        self._settings = settings
        self.stop = stop
        self.last_word = context.deadline - min(_ANSWER, context.timeout * _ANSWER_SHARE)
        self.deadline = context.deadline - min(_RESERVE, context.timeout * _SHARE)
        self.last_call = self.deadline - min(_HEARING, context.timeout * _SHARE)
        self.guard = NetGuard(settings.allow_networks)
        # The SDKs take longer to import than most sources to answer: both at once.
        self._loading = [_started(_load_bucket)]
        self._opened = threading.local()

    def bucket(self, target: ObjectName) -> Bucket:
        """The bucket of a target, to write to: as far as events may, and ossferry's own records.

        ``TargetRefused`` where they may not. A target without a key is the bucket as a whole.
        A thread gets the same one each time, whose connections are open already; a process that
        was forked gets its own.
        """
        may_write = self._may_write(target)
        opened, which = vars(self._opened), f"{os.getpid()} {target.region} {target.bucket}"
        if which not in opened:
            opened[which] = self._open(target, may_write, self.signing(target))
        bucket: Bucket = opened[which]
        return bucket

    def direct(self, target: ObjectName) -> Direct:
        """The same as ``bucket`` for one thread that puts whole objects."""
        from .oss.direct import Account, Direct
        from .oss.endpoint import oss_endpoint

        may_write = self._may_write(target)
        endpoint = oss_endpoint(target.region, self._context, self._settings)
        account = Account(target._replace(key=""), endpoint, self.signing(target))
        return Direct(account, self.deadline, judge=may_write, sleep=self._pause)

    @property
    def signed_for(self) -> float:
        """Seconds that a URL is good for which this invocation signs for itself."""
        return self.deadline - time.monotonic() + _LONGER

    def _may_write(self, target: ObjectName) -> Callable[[str], object]:
        may_write = partial(judge, self._settings, target.bucket)
        may_write(target.key)
        return may_write

    def source_bucket(self, source: ObjectName, chosen: str | None = None) -> Bucket:
        """The bucket of a source, to read from: whatever the role may read, and no write at all.

        That of another account, where settings, or an event that has ``chosen`` it, say so.
        """
        signing = self.signing(source, chosen, reading=True)
        return self._open(source, partial(judge_source, source.bucket), signing)

    def signing(
        self, name: ObjectName, chosen: str | None = None, *, reading: bool = False
    ) -> Signing:
        """Who asks for a bucket."""
        from .roles.assumed import signing_for

        return signing_for(name, self._context, self._settings, chosen, reading=reading)

    def _open(self, name: ObjectName, judge: Callable[[str], object], signing: Signing) -> Bucket:
        from .oss.bucket import Bucket
        from .oss.endpoint import oss_endpoint

        return Bucket(
            name.bucket,
            name.region,
            oss_endpoint(name.region, self._context, self._settings),
            signing,
            self.deadline,
            last_word=self.last_word,
            judge=judge,
            sleep=self._pause,
            patience=self._patience,
        )

    def _pause(self, seconds: float) -> None:
        """A stop ends it; what has to be done even then, the record most of all, is tried again
        after a moment all the same."""
        if self.stop.is_set():
            time.sleep(min(seconds, _MOMENT))
        self.stop.wait(seconds)

    def _patience(self) -> float:
        """Seconds that a request to OSS may take: not many after a stop."""
        return _STOPPED if self.stop.is_set() else math.inf

    @property
    def foreign(self) -> Credentials:
        """Those of other clouds, and roles of other accounts."""
        return self._settings.foreign

    @property
    def request_id(self) -> str:
        return self._context.request_id

    @property
    def timeout(self) -> float:
        """Seconds that an invocation of this function lasts at the most."""
        return self._context.timeout

    @property
    def reserve(self) -> float:
        """Seconds of these in which nothing is begun any more."""
        return min(_RESERVE, self.timeout * _SHARE) + min(_HEARING, self.timeout * _SHARE)

    @property
    def memory_mb(self) -> int | None:
        """What the function has, and each of its children, if that is known."""
        return self._context.memory_mb

    def invoke_later(
        self, document: Mapping[str, object], *, delay: int = 0, task_id: str = ""
    ) -> None:
        """Start this function once more, with this event, without waiting for it; after so many
        seconds, and with one ``task_id`` only once.

        After hiccups again, until ``last_word`` or a stop; at least once, however late it is.
        """
        payload = fitting(document)
        from .fc.invoker import Invoker

        def attempt() -> None:
            if self.stop.is_set():
                raise Stopped("the function was stopped before it could be started once more")
            patience = min(_PATIENCE, max(1.0, self.last_word - time.monotonic()))
            Invoker(self._context, self._settings, patience=patience).later(payload, delay, task_id)

        call(attempt, DEFAULT_POLICY, deadline=self.last_word, sleep=self.stop.wait)

    def expect_children(self) -> None:
        """Begin to import what invoking takes, beside what comes before it; once is enough."""
        if len(self._loading) == 1:
            self._loading.append(_started(self._load_invoker))

    def caller(self) -> Callable[[bytes], bytes]:
        """What invokes this function with an event, and gives what it returns."""
        return self._invoker().call

    def invoker(self) -> Callable[[CopyJob], CopyResult]:
        return self._invoker()

    def _invoker(self) -> Invoker:
        from .fc.invoker import Invoker
        from .spread.pool import CALLS_PER_PROCESS

        self.expect_children()
        for loading in self._loading:
            loading.join()  # who asks for an invoker is about to fork
        return Invoker(self._context, self._settings, CALLS_PER_PROCESS)

    def _load_invoker(self) -> None:
        from .fc.invoker import client_for

        client_for(self._context)


def fitting(document: Mapping[str, object]) -> bytes:
    """An event that nobody waits for the end of; ``InvalidEvent`` if it is too large for that."""
    payload = as_event(document)
    if len(payload) > EVENT_AT_MOST:
        raise InvalidEvent(
            f"Function Compute takes {EVENT_AT_MOST:,} bytes of an asynchronous event, and this one"
            f" has {len(payload):,}: put what it asks for in a list in OSS (kind bulk)"
        )
    return payload


def _started(load: Callable[[], None]) -> threading.Thread:
    loading = threading.Thread(target=load)
    loading.start()
    return loading


def _load_bucket() -> None:
    from .oss import bucket  # noqa: F401
