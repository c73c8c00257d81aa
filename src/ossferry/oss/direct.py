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
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

from ..byte_range import KIB
from ..context import Signing
from ..copying.judge import content_length
from ..copying.upload import oss_error
from ..crc64 import crc64
from ..entries import ObjectInfo
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
from ..names import UPLOAD_MARK, ObjectName
from ..retry import RetryPolicy, call
from .headers import CRC64, archive_of, crc64_of, if_still, marked, new_mark
from .signing import object_url

if TYPE_CHECKING:
    from ..archived import Restore

T = TypeVar("T")
Restored = Literal["asked", "extended", "under_way", "not_archived", "gone"]

LIFETIME = 15 * 60  # seconds of a signature, which is used at once: clocks differ
# Nobody else tries again what OSS did not do: some 16 seconds of its bad moods.
_POLICY = RetryPolicy(attempts=8)
_AT_ONCE = 64 * KIB  # a body up to this goes out with its head
_ANSWER_AT_MOST = 64 * KIB  # bytes of an answer that are looked at
_NOTHING: Mapping[str, str] = {}
_SENDING = ("PUT", "POST")
# OSS API reference, "RestoreObject": its answers that are no fault, by status and what they hold.
_RESTORED: tuple[tuple[int, bytes, Restored], ...] = (
    (202, b"", "asked"),
    (200, b"", "extended"),
    (409, b"<Code>RestoreAlreadyInProgress</Code>", "under_way"),
    (400, b"<EC>0016-00000702</EC>", "not_archived"),
    (404, b"<Code>NoSuchKey</Code>", "gone"),
)


class Account(NamedTuple):
    """A bucket as whoever signs sees it; ``bucket`` has no key."""

    bucket: ObjectName
    endpoint: str
    signing: Signing

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
        mark = new_mark()
        asked = {**headers, **marked(mark), "Content-MD5": _md5(body)}

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
    ) -> ObjectInfo:
        """Have OSS copy an object of this region, below 1 GB, with its metadata and tags; what OSS
        says of the copy, which is not its size.

        A copy has its source's marks: if an answer was lost, and the next says that there is an
        object, ``is_copy`` tells whether it is this one.
        """
        self._judge(key)
        address = f"/{source.bucket}/{quote(source.key, safe='')}"
        asked = {"x-oss-copy-source": address, **if_still(etag), **headers}
        before = self.requests

        def copy() -> ObjectInfo:
            reply, answer = self._asked("PUT", key, headers=asked)
            self._require_success(reply, answer)
            # A copy that takes long is answered 200 before it is done, and may fail after that.
            said = _ETAG.search(answer)
            if said is None or b"<Error>" in answer:
                raise TargetUnavailable("OSS answered the copy with 200, and not with an object")
            return ObjectInfo(0, said[1].decode("latin-1"), _crc64(reply))

        try:
            return self._do(copy)
        except ObjectExists:
            made = self.head(key) if self.requests > before + 1 else None
            if made is None or not is_copy(made):
                raise
            return made

    def restore(self, key: str, wanted: Restore) -> Restored:
        """Ask OSS to make an archived object readable, and say what came of it.

        Costs money, each time: what is readable already is "extended". No write, so that nobody
        judges the key; which buckets may be asked is what the role may restore. An attempt whose
        answer was lost is found again as "under_way".
        """
        tier = f"<JobParameters><Tier>{wanted.tier}</Tier></JobParameters>" if wanted.tier else ""
        body = f"<RestoreRequest><Days>{wanted.days}</Days>{tier}</RestoreRequest>".encode()
        headers = {"Content-MD5": _md5(body)}

        def restore() -> Restored:
            reply, answer = self._asked(
                "POST", key, {"restore": ""}, headers=headers, body=memoryview(body)
            )
            for status, said, meaning in _RESTORED:
                if reply.status == status and said in answer:
                    return meaning
            raise self._refusal(reply, answer)

        return self._do(restore)

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
            account.signing(),
            date=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
            lifetime=LIFETIME,
            parameters=parameters,
            method=method,
            headers=headers,
        )
        length = {"Content-Length": str(len(body or b""))} if method in _SENDING else {}
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


_ETAG = re.compile(rb"<ETag>(?:\"|&quot;|&#34;)?([^<&\"]*)")
_TAG = re.compile(r"<Key>([^<]*)</Key>\s*(?:<Value>([^<]*)</Value>|<Value\s*/>)")


def _info(reply: Reply) -> ObjectInfo:
    size = content_length(reply.headers)
    if size is None:
        raise TargetUnavailable("OSS described an object without its size")
    metadata = reply.headers.named("x-oss-meta-")
    said = reply.headers.get("Content-Type") or ""
    crc64, archive = _crc64(reply), archive_of(reply.headers)
    return ObjectInfo(size, _etag(reply), crc64, metadata, said, **archive)


def _md5(body: bytes | memoryview) -> str:
    return b64encode(md5(body, usedforsecurity=False).digest()).decode()


def _etag(reply: Reply) -> str:
    return (reply.headers.get("ETag") or "").strip('"')


def _crc64(reply: Reply) -> int | None:
    return crc64_of({CRC64: reply.headers.get(CRC64) or ""})
