"""Lists a bucket of another cloud, a page at a time, as whoever lists a bucket of OSS does.

In the order of their keys, which is what lets a listing be left and gone on with. Requests carry
their signature in the URL, over connections that are kept; each page is tried again by itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise

from ..byte_range import KIB, MIB
from ..entries import Entry, Page
from ..errors import (
    FerryError,
    SourceBusy,
    SourceChanged,
    SourceRefused,
    SourceUnavailable,
)
from ..http.connection import BROKEN, Connection
from ..http.netguard import NetGuard
from ..http.reply import Reply, Unanswered, reason
from ..http.retry_after import retry_after
from ..retry import RetryPolicy, call
from ..tls import not_tls
from ..urls import Url
from .credentials import CREDENTIALS
from .pages import Found, asked, found
from .place import ForeignName
from .refusals import in_words
from .xml import NotXml, read

# The URL of one request: its query, and how many seconds it has to hold.
Sign = Callable[[Mapping[str, str], float], Url]

_LIFETIME = 15 * 60  # seconds of a signature, which is used at once: clocks differ
_POLICY = RetryPolicy(attempts=8)  # some 16 seconds of bad moods
_PAGE_AT_MOST = 16 * MIB  # bytes: a thousand of the longest keys are a quarter of it
_ANSWER_AT_MOST = 64 * KIB
_EMPTY = 1000  # pages in a row that lead no further, after which none is waited for any more
_HEADERS = {"User-Agent": "ossferry", "Accept": "*/*", "Accept-Encoding": "identity"}
_NO_PAGE = "answered with something that is no listing of a bucket"


class Listing:
    """The objects of one bucket. ``bucket`` has no key; thread-safe, each thread has a connection.

    ``deadline`` is on ``time.monotonic``; ``sleep`` is what passes between attempts; ``setting``
    is the name of the credentials, None for a public bucket. ``requests`` counts what was sent.
    """

    def __init__(
        self,
        bucket: ForeignName,
        sign: Sign,
        guard: NetGuard,
        deadline: float,
        *,
        setting: str | None = None,
        sleep: Callable[[float], object] = time.sleep,
        policy: RetryPolicy = _POLICY,
    ) -> None:
        self._bucket = bucket
        self._sign = sign
        self._guard = guard
        self._deadline = deadline
        self._setting = setting
        self._sleep = sleep
        self._policy = policy
        self._free: list[Connection] = []
        # By a prefix and the last key of a page: what the store itself goes on from.
        self._tokens: dict[tuple[str, str], str] = {}
        self._begun = False
        self.requests = 0

    def page(self, prefix: str, after: str, most: int) -> Page:
        """The next page that has an entry behind the key ``after``, or the last."""
        first, self._begun = not self._begun, True
        token = self._tokens.pop((prefix, after), "")
        page = self._asked(prefix, after, token, most)
        new, reached, empty = _behind(page.entries, after), "", 0
        while page.truncated and not new:
            # Some know no key to begin behind, and begin with the first: once, that is gone over.
            if page.entries and not token and not first:
                raise SourceRefused(f"{self._shown} cannot be listed from a key on")
            last = page.entries[-1].key if page.entries else reached
            empty = 0 if last > reached else empty + 1
            if empty > _EMPTY or not page.token or page.token == token:
                raise SourceUnavailable(f"{self._shown} lists no more, and says that there is more")
            reached, token = max(reached, last), page.token
            page = self._asked(prefix, after, token, most)
            new = _behind(page.entries, after)
        self._require_order(prefix, new)
        if page.truncated and page.token:
            self._tokens[prefix, new[-1].key] = page.token
        return Page(new, page.truncated)

    def close(self) -> None:
        """Only when nobody lists any more."""
        while self._free:
            self._free.pop().drop()

    @property
    def _shown(self) -> str:
        return f"{self._bucket.store}://{self._bucket.bucket}"

    def _asked(self, prefix: str, after: str, token: str, most: int) -> Found:
        query = asked(self._bucket.store, prefix, after, token, most)

        def ask() -> Found:
            with self._connection() as connection:
                url = self._sign(query, _LIFETIME)
                self.requests += 1
                reply = connection.get(url, _HEADERS, self._deadline)
                if reply.status != 200:
                    raise self._refusal(reply, reply.read(_ANSWER_AT_MOST))
                try:
                    return found(self._bucket.store, reply.read(_PAGE_AT_MOST))
                except NotXml:
                    raise SourceUnavailable(f"{self._shown} {_NO_PAGE}") from None

        return call(ask, self._policy, deadline=self._deadline, sleep=self._sleep)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            connection = self._free.pop()
        except IndexError:
            connection = Connection(self._guard)
        try:
            yield connection
        except BROKEN as error:
            connection.drop()
            if refused := not_tls(error):
                raise SourceRefused(f"{self._shown} {refused}") from error
            if isinstance(error, Unanswered):
                told = f"{self._shown} does not serve this request: {reason(error)}"
                raise SourceBusy(told) from error
            raise SourceUnavailable(f"{self._shown} broke off: {reason(error)}") from error
        finally:
            self._free.append(connection)

    def _require_order(self, prefix: str, entries: tuple[Entry, ...]) -> None:
        """Whoever goes on behind the last key would miss what comes out of order, or never end."""
        if not all(each.key.startswith(prefix) for each in entries):
            raise SourceChanged(f"{self._shown} lists objects that nobody asked for")
        if not all(one.key < other.key for one, other in pairwise(entries)):
            raise SourceRefused(
                f"{self._shown} does not list its keys in the order of their bytes: name the"
                " objects in a list instead"
            )

    def _refusal(self, reply: Reply, answer: bytes) -> FerryError:
        """What an answer that is no page stands for; S3 API reference, "Error responses"."""
        status, headers = reply.status, reply.headers
        try:
            texts = {"Message": "", **read(answer).texts}
        except NotXml:
            texts = {}
        code = re.sub(r"[^A-Za-z0-9.]", "", texts.get("Code", ""))[:64]
        said = f"{self._shown} answered {status} {code}".rstrip()
        if status in (429, 503):
            return SourceBusy(said, retry_after(headers))
        if status in (408, 425) or status >= 500:
            return SourceUnavailable(said, retry_after(headers))
        if code == "AccessDenied" and self._setting and "has expired" not in texts["Message"]:
            return SourceRefused(
                f"the keys of {CREDENTIALS}{self._setting.upper()} may not list {self._shown}:"
                " allow them to, or name the objects in a list"
            )
        region = headers.get("x-amz-bucket-region")
        worded = in_words(self._bucket, self._setting, answer, region)
        return worded or SourceRefused(f"{said}, and cannot be listed")


def _behind(entries: tuple[Entry, ...], after: str) -> tuple[Entry, ...]:
    if entries and entries[0].key > after:
        return entries
    return tuple(each for each in entries if each.key > after)
