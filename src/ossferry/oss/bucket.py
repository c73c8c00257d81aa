"""OSS as a coordinator sees it, through oss2: the owner of every retry of a control request.

No body passes here: parts are PUT to the URLs that ``Upload.part_url`` signs. The one place where
it is judged what may be written: whatever changes a bucket, or lets others, has passed ``_judge``.
"""

from __future__ import annotations

import hashlib
import math
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import takewhile
from typing import TypeVar

import oss2
from oss2.models import PartInfo

from ..context import Signing
from ..copying.copy_job import CopiedPart
from ..dates import seconds_of
from ..entries import ObjectInfo, Page
from ..errors import NoSuchUpload, TargetRefused, TargetUnavailable
from ..names import FOLDER, UPLOAD_MARK, ObjectName
from ..parts import Part
from ..retry import DEFAULT_POLICY, RetryPolicy, call
from ..urls import Url
from .client import CONTROL_TIMEOUT, RECORD_TIMEOUT, client, errors_of, is_missing
from .headers import crc64_of, if_still, info_of, marked, new_mark
from .listing_page import one_by_one, page_of
from .multipart import ListedPart, Upload, listed_parts, part_urls

T = TypeVar("T")

# A URL outlives the invocation that signed it by this much, for clocks that differ.
_CLOCK_SKEW = 15 * 60
_DELETED_AT_ONCE = 1000  # by one DeleteMultipleObjects
_LEAST = 1.0  # seconds that a request gets, however late it is
_ABORTS = RetryPolicy(attempts=6, first=0.2, cap=3.0)


class Bucket:
    """One bucket. Every method may raise a ``TargetError``; hiccups are retried before.

    Until ``deadline``; what is written or deleted, which may be the last thing that a coordinator
    does, until ``last_word``; no request outlasts that, or the seconds of ``patience``. ``judge``
    raises for a key that may not be written; ``sleep`` is what passes between attempts.
    """

    def __init__(
        self,
        name: str,
        region: str,
        endpoint: str,
        signing: Signing,
        deadline: float,
        *,
        last_word: float = 0.0,
        judge: Callable[[str], object],
        sleep: Callable[[float], object] = time.sleep,
        patience: Callable[[], float] = lambda: math.inf,
    ) -> None:
        def left(timeout: float, until: float) -> float:
            return max(_LEAST, min(timeout, until - time.monotonic(), patience()))

        account = (name, region, endpoint, signing)
        self._last_word = max(deadline, last_word)
        self._bucket = client(*account, partial(left, CONTROL_TIMEOUT, deadline))
        self._records = client(*account, partial(left, RECORD_TIMEOUT, self._last_word))
        self._signing = signing
        self._endpoint = endpoint
        self._judge = judge
        self._sleep = sleep
        self.name = name
        self.region = region
        self.deadline = deadline

    def head(self, key: str) -> ObjectInfo | None:
        """The object, or None if there is none."""
        try:
            found = self._do(lambda: self._bucket.head_object(key))
        except TargetRefused as error:
            if is_missing(error):
                return None
            raise
        return info_of(found.headers, found.etag)

    def made_with(self, mark: str, key: str) -> ObjectInfo | None:
        """The object, if it is what was made with this mark; None if it is another, or none."""
        found = self.head(key)
        return found if found and found.metadata.get(UPLOAD_MARK) == mark else None

    def create(self, key: str, headers: Mapping[str, str]) -> Upload:
        """Open a multipart upload; the object with this key, if any, stays as it is.

        Asked for only once: not idempotent, and who tries again has to know it.
        """
        self._judge(key)
        mark = new_mark()
        asked = {**headers, **marked(mark)}
        opened = self._once(lambda: self._bucket.init_multipart_upload(key, headers=asked))
        return self.upload(key, opened.upload_id, mark)

    def upload(self, key: str, upload_id: str, mark: str) -> Upload:
        """An upload that was opened before, with this mark."""
        self._judge(key)
        name = ObjectName(self.region, self.name, key)
        sign = part_urls(name, upload_id, self._endpoint, self._signing, self._lifetime)
        return Upload(self, key, upload_id, mark, sign)

    def versioning(self) -> str | None:
        """``Enabled``, ``Suspended`` or "", or None if the role may not read that."""
        try:
            return self._do(self._bucket.get_bucket_versioning).status or ""
        except TargetRefused:
            return None

    def list_parts(self, key: str, upload_id: str) -> dict[int, ListedPart]:
        """The parts that OSS has, by number; ``NoSuchUpload`` if the upload is gone.

        With the CRC64 of each, which oss2's own method leaves out.
        """
        found: dict[int, ListedPart] = {}
        marker: str | None = "0"
        while marker is not None:
            page = listed_parts(self._do(partial(self._list_parts, key, upload_id, marker)))
            found |= page.parts
            marker = page.next_marker
        return found

    def _list_parts(self, key: str, upload_id: str, marker: str) -> bytes:
        params = {"uploadId": upload_id, "max-parts": "1000", "part-number-marker": marker}
        # As one segment: requests would take the dots of a key like "a/../b" for steps.
        url = self._sign("GET", key, params=params, slash_safe=False)
        request = oss2.http.Request("GET", url.reveal())
        response = self._bucket.session.do_request(request, self._bucket.timeout)
        if response.status != 200:
            raise oss2.exceptions.make_exception(response)
        return bytes(response.read())

    def read(self, key: str) -> tuple[bytes, float] | None:
        """The content of a small object and when it was written, in epoch seconds; or None."""

        def read() -> tuple[bytes, float]:
            found = self._records.get_object(key)
            return bytes(found.read()), float(found.last_modified)

        try:
            return self._do(read)
        except TargetRefused as error:
            if is_missing(error):
                return None
            raise

    def write(self, key: str, content: bytes) -> None:
        self._judge(key)
        # With its MD5 OSS refuses a body that was damaged on the way, instead of storing it.
        md5 = b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        headers = {"Content-Type": "application/json", "Content-MD5": md5}
        self._do(lambda: self._records.put_object(key, content, headers=headers), self._last_word)

    def delete(self, key: str) -> None:
        self._judge(key)
        self._do(lambda: self._records.delete_object(key), self._last_word)

    def delete_all(self, keys: Sequence[str]) -> None:
        """Delete many small objects; one that is not there is no error."""
        for key in keys:
            self._judge(key)
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            few = list(keys[start : start + _DELETED_AT_ONCE])
            self._do(partial(self._records.batch_delete_objects, few), self._last_word)

    def now(self) -> float:
        """What time it is in OSS, in epoch seconds: the clock that restores go by."""

        def now() -> float:
            said = self._bucket.list_objects_v2(FOLDER, max_keys=1).headers.get("Date")
            moment = seconds_of(said or "")
            if moment is None:
                raise TargetUnavailable("OSS does not say what time it is: try again")
            return moment

        return self._do(now)

    def page(self, prefix: str, after: str, most: int = 1000) -> Page:
        """What comes next behind a key, in the order of keys."""
        ask = partial(self._bucket.list_objects_v2, prefix)
        return page_of(lambda **asked: self._do(partial(ask, **asked)), after, most)

    def names(self, prefix: str) -> Iterator[tuple[str, float]]:
        """Keys with this prefix, and when each was written, in epoch seconds."""
        return ((each.key, each.modified) for each in one_by_one(self.page, prefix))

    def open_uploads(self, key: str) -> list[tuple[str, float]]:
        """The ids of a key's uploads, and when each was opened, in epoch seconds."""

        def listed() -> list[tuple[str, float]]:
            found = oss2.MultipartUploadIterator(self._bucket, prefix=key, max_retries=1)
            same = takewhile(lambda upload: upload.key == key, found)
            return [(upload.upload_id, float(upload.initiation_date)) for upload in same]

        return self._do(listed)

    def put_url(self, key: str, headers: Mapping[str, str]) -> Url:
        """Where to PUT a whole object with exactly these headers."""
        self._judge(key)
        return self._sign("PUT", key, headers=dict(headers))

    def get_url(self, key: str) -> Url:
        return self._sign("GET", key)

    def copy_object(
        self, source: ObjectName, etag: str | None, key: str, headers: Mapping[str, str]
    ) -> ObjectInfo:
        """Let OSS copy an object of this region, below 1 GB, and give it these headers."""
        self._judge(key)
        asked = {**if_still(etag), "x-oss-metadata-directive": "REPLACE", **headers}

        def copy() -> ObjectInfo:
            done = self._bucket.copy_object(source.bucket, source.key, key, headers=asked)
            done.resp.read()
            return ObjectInfo(size=0, etag=done.etag, crc64=crc64_of(done.headers))

        return self._do(copy)

    def copy_part(
        self, source: ObjectName, etag: str | None, key: str, upload_id: str, part: Part
    ) -> CopiedPart:
        """Let OSS copy a range of an object of this region into a part. OSS gives no CRC64 here."""
        self._judge(key)
        first_and_last = (part.range.start, part.range.stop - 1)

        def copy() -> CopiedPart:
            done = self._bucket.upload_part_copy(
                source.bucket,
                source.key,
                first_and_last,
                key,
                upload_id,
                part.number,
                headers=if_still(etag),
            )
            done.resp.read()
            return CopiedPart(part.number, part.range.size, done.etag, 0, confirmed=False)

        return self._do(copy)

    def complete(
        self, key: str, upload_id: str, parts: Sequence[CopiedPart], headers: Mapping[str, str]
    ) -> ObjectInfo:
        self._judge(key)
        listed = [PartInfo(part.number, part.etag) for part in parts]

        def complete() -> ObjectInfo:
            done = self._bucket.complete_multipart_upload(key, upload_id, listed, dict(headers))
            body = done.resp.read()  # an unread answer would cost the connection
            if b"<Error>" in body:
                raise TargetUnavailable("OSS answered 200 with an error to the completion")
            size = sum(part.size for part in parts)
            return ObjectInfo(size=size, etag=done.etag, crc64=crc64_of(done.headers))

        return self._once(complete)

    def abort(self, key: str, upload_id: str) -> None:
        """Give the upload up, again until OSS lists no part: one in flight survives an abort."""
        self._judge(key)

        def abort() -> None:
            with suppress(NoSuchUpload):
                self._once(lambda: self._records.abort_multipart_upload(key, upload_id))
                self._once(lambda: self._records.list_parts(key, upload_id, max_parts=1))
                raise TargetUnavailable(f"parts of {key} are still arriving after the abort")

        # Even when time is up: what stays behind is billed.
        call(abort, _ABORTS, deadline=max(self._last_word, time.monotonic() + 2))

    def _sign(
        self, method: str, key: str, *, slash_safe: bool = True, **signed: dict[str, str]
    ) -> Url:
        sign = self._bucket.sign_url
        return Url(sign(method, key, self._lifetime(), slash_safe=slash_safe, **signed))

    def _lifetime(self) -> int:
        return int(max(0.0, self.deadline - time.monotonic())) + _CLOCK_SKEW

    def _do(self, action: Callable[[], T], deadline: float = 0.0) -> T:
        until = max(deadline, self.deadline)
        return call(lambda: self._once(action), DEFAULT_POLICY, deadline=until, sleep=self._sleep)

    def _once(self, action: Callable[[], T]) -> T:
        with errors_of(self.name):
            return action()
