"""OSS for whoever makes thousands of small requests: one kept connection, and no SDK.

An instance that copies small objects would wait longer for the SDK than for its first objects, and
spend more of its CPU in it than on copying. Requests carry their signature in the URL.
"""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import md5
from typing import NamedTuple, TypeVar
from urllib.parse import quote, urlencode

from ..byte_range import KIB
from ..context import Credentials
from ..copying.judge import content_length
from ..copying.upload import oss_error
from ..crc64 import crc64
from ..errors import (
    ChecksumMismatch,
    FerryError,
    ObjectExists,
    PartDamaged,
    TargetRefused,
    TargetUnavailable,
)
from ..http.connection import BROKEN, Connection
from ..http.reply import Reply, reason
from ..jobs import ObjectInfo
from ..names import UPLOAD_MARK, ObjectName
from ..retry import RetryPolicy, call
from .headers import CRC64, crc64_of, if_still, marked, new_mark
from .signing import object_url

T = TypeVar("T")

LIFETIME = 15 * 60  # seconds of a signature, which is used at once: clocks differ
# Nobody else tries again what OSS did not do: some 16 seconds of its bad moods.
_POLICY = RetryPolicy(attempts=8)
_AT_ONCE = 64 * KIB  # a body up to this goes out with its head
_ANSWER_AT_MOST = 64 * KIB  # bytes of an answer that are looked at
_NOTHING: Mapping[str, str] = {}


class Account(NamedTuple):
    """A bucket as the function's role sees it; ``bucket`` has no key."""

    bucket: ObjectName
    endpoint: str
    credentials: Credentials

    def __repr__(self) -> str:
        return f"Account({self.bucket.bucket})"


class Direct:
    """One bucket over one connection. Not thread-safe, but for ``interrupt``.

    Hiccups are retried until ``deadline``; ``sleep`` is what passes between attempts. ``judge``
    raises for a key that may not be written. ``requests`` counts what was sent.
    """

    def __init__(
        self,
        account: Account,
        deadline: float,
        *,
        judge: Callable[[str], object],
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._account = account
        self._deadline = deadline
        self._judge = judge
        self._sleep = sleep
        self._connection = Connection()
        self.requests = 0

    def head(self, key: str) -> ObjectInfo | None:
        """The object, or None if there is none."""

        def head() -> ObjectInfo | None:
            reply, answer = self._asked("HEAD", key)
            if reply.status == 404:
                return None
            self._require_success(reply, answer)
            return _info(reply)

        return self._do(head)

    def tags(self, key: str) -> str:
        """An object's tags as the header ``x-oss-tagging`` has them."""
        from html import unescape  # which brings much, and few objects have tags

        def tags() -> str:
            reply, answer = self._asked("GET", key, {"tagging": ""})
            self._require_success(reply, answer)
            text = answer.decode("utf-8", "replace")
            pairs = _TAG.findall(text)
            said = [(unescape(name), unescape(value)) for name, value in pairs]
            return urlencode(said, quote_via=quote, safe="")

        return self._do(tags)

    def put(self, key: str, headers: Mapping[str, str], body: memoryview) -> ObjectInfo:
        """Make the object of these bytes, once, even if OSS's answer is lost.

        With its MD5 OSS refuses a body that was damaged on its way; what it stored is compared.
        """
        self._judge(key)
        crc = crc64(body)
        digest = b64encode(md5(body, usedforsecurity=False).digest()).decode()
        mark = new_mark()
        asked = {**headers, **marked(mark), "Content-MD5": digest}

        def put() -> ObjectInfo:
            reply, answer = self._asked("PUT", key, headers=asked, body=body)
            self._require_success(reply, answer)
            stored = _crc64(reply)
            if stored not in (None, crc):
                raise PartDamaged(f"OSS stored bytes with CRC64 {stored}, sent was {crc}")
            return ObjectInfo(len(body), _etag(reply), stored)

        try:
            return self._do(put)
        except PartDamaged as error:
            raise ChecksumMismatch(error.message) from error
        except (ObjectExists, TargetUnavailable):
            made = self._made_with(mark, key)
            if made is None or made.size != len(body) or made.crc64 not in (None, crc):
                raise
            return made

    def copy(
        self,
        source: ObjectName,
        etag: str | None,
        key: str,
        headers: Mapping[str, str],
        is_copy: Callable[[ObjectInfo], bool],
    ) -> int | None:
        """Have OSS copy an object of this region, below 1 GB, with its metadata and tags; the CRC64
        of the copy, if OSS says it.

        A copy has no mark: if an answer was lost, and the next says that there is an object,
        ``is_copy`` tells whether it is this one.
        """
        self._judge(key)
        address = f"/{source.bucket}/{quote(source.key, safe='')}"
        asked = {"x-oss-copy-source": address, **if_still(etag), **headers}
        before = self.requests

        def copy() -> int | None:
            reply, answer = self._asked("PUT", key, headers=asked)
            self._require_success(reply, answer)
            # A copy that takes long is answered 200 before it is done, and may fail after that.
            if b"<ETag>" not in answer or b"<Error>" in answer:
                raise TargetUnavailable("OSS answered the copy with 200, and not with an object")
            return _crc64(reply)

        try:
            return self._do(copy)
        except ObjectExists:
            made = self.head(key) if self.requests > before + 1 else None
            if made is None or not is_copy(made):
                raise
            return made.crc64

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.drop()

    def _made_with(self, mark: str, key: str) -> ObjectInfo | None:
        found = self.head(key)
        return found if found and found.metadata.get(UPLOAD_MARK) == mark else None

    def _do(self, action: Callable[[], T]) -> T:
        return call(action, _POLICY, deadline=self._deadline, sleep=self._sleep)

    def _asked(
        self,
        method: str,
        key: str,
        parameters: Mapping[str, str] = _NOTHING,
        headers: Mapping[str, str] = _NOTHING,
        body: memoryview | None = None,
    ) -> tuple[Reply, bytes]:
        account = self._account
        url = object_url(
            account.bucket._replace(key=key),
            account.endpoint,
            account.credentials,
            date=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
            lifetime=LIFETIME,
            parameters=parameters,
            method=method,
            headers=headers,
        )
        length = {"Content-Length": str(len(body or b""))} if method == "PUT" else {}
        self.requests += 1
        try:
            small = body if body and len(body) <= _AT_ONCE else b""
            self._connection.ask(method, url, {**headers, **length}, self._deadline, small)
            if body and not small:
                self._send(body)
            reply = self._connection.reply()
            return reply, reply.read(_ANSWER_AT_MOST)
        except BROKEN as error:
            self._connection.drop()
            raise TargetUnavailable(f"the connection to OSS broke off: {reason(error)}") from error

    def _send(self, body: memoryview) -> None:
        """OSS may answer, and hang up, before the body is through: then its answer is what counts,
        and the connection is not to be used again."""
        try:
            self._connection.send(body)
        except BROKEN as error:
            try:
                reply = self._connection.reply()
                answer = reply.read(_ANSWER_AT_MOST)
            except BROKEN:
                raise error from None
            self._connection.drop()
            raise (error if reply.status == 200 else oss_error(reply.status, answer)) from None

    def _require_success(self, reply: Reply, answer: bytes) -> None:
        if reply.status != 200:
            raise self._refusal(reply, answer)

    def _refusal(self, reply: Reply, answer: bytes) -> FerryError:
        error = oss_error(reply.status, answer)
        if isinstance(error, TargetRefused) and reply.status == 403:
            return TargetRefused(f"{error.message}; oss://{self._account.bucket.bucket} was asked")
        return error


_TAG = re.compile(r"<Key>([^<]*)</Key>\s*(?:<Value>([^<]*)</Value>|<Value\s*/>)")


def _info(reply: Reply) -> ObjectInfo:
    size = content_length(reply.headers)
    if size is None:
        raise TargetUnavailable("OSS described an object without its size")
    return ObjectInfo(size, _etag(reply), _crc64(reply), reply.headers.named("x-oss-meta-"))


def _etag(reply: Reply) -> str:
    return (reply.headers.get("ETag") or "").strip('"')


def _crc64(reply: Reply) -> int | None:
    return crc64_of({CRC64: reply.headers.get(CRC64) or ""})
