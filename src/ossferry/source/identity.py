"""When two runs have the same source before them. Nothing else in ossferry decides that.

Not by what may differ from reply to reply of one source: dates of caching, names to save it under,
the signature of its URL. By its place and size; by how its bytes are coded, because two codings
are two contents; and by its ETag, or else its date and whatever in its query is no signature.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from .probe import Source
from .signed_query import selecting

# Of nginx, Apache and Express: the time and the length in hexadecimal, with an inode perhaps. Two
# files that a query tells apart may have the same.
_NO_MORE_THAN_A_DATE = re.compile(r"[0-9a-f]{1,16}(-[0-9a-f]{1,16}){1,2}")
# Of an event's headers, those that choose among the contents of one URL; the rest are credentials.
_CHOOSING = ("accept", "accept-language")


class Identity(NamedTuple):
    """Hashes, "" where there is nothing to make one of. No URL can be read from them.

    ``etag_dropped`` is of the source that is seen now, and never written down.
    """

    by_etag: str = ""
    by_date: str = ""
    etag_dropped: bool = False

    @classmethod
    def of(cls, source: Source) -> Identity:
        pin = source.ref.pin
        if pin.size is None:
            return cls()
        place = (source.ref.url.redacted, str(pin.size), pin.coding or "")
        asked = (selecting(source.ref.url), *_chosen(source))
        etag = pin.etag or ""
        with_etag = (etag, *asked) if _NO_MORE_THAN_A_DATE.fullmatch(etag) else (etag,)
        return cls(
            by_etag=_hash("etag", *place, *with_etag) if etag else "",
            by_date=_hash("date", *place, pin.last_modified, *asked) if pin.last_modified else "",
            etag_dropped=source.etag_dropped,
        )

    @classmethod
    def read(cls, text: str | None) -> Identity:
        """What ``text`` gave; of anything else, one that nothing is the same as."""
        by_etag, dot, by_date = (text or "").partition(".")
        return cls(by_etag, by_date) if dot else cls()

    @property
    def text(self) -> str:
        return f"{self.by_etag}.{self.by_date}" if self.by_etag or self.by_date else ""

    def is_same(self, other: Identity) -> bool:
        """The ETags decide where both have one; where the server gives one of them none, the date.

        An ETag that was dropped may be the other one's or a later one's. Only ``has_etag_of`` some
        reply tells.
        """
        if self.by_etag and other.by_etag:
            return self.by_etag == other.by_etag
        if (self.etag_dropped and other.by_etag) or (other.etag_dropped and self.by_etag):
            return False
        return self.may_be_same(other)

    def may_be_same(self, other: Identity) -> bool:
        """Whether nothing but the ETag tells them apart, which nodes may give as they like."""
        return bool(self.by_date) and self.by_date == other.by_date

    def has_etag_of(self, other: Identity) -> bool:
        return bool(self.by_etag) and self.by_etag == other.by_etag


def _chosen(source: Source) -> list[str]:
    headers = {name.lower(): value for name, value in source.ref.headers.items()}
    return [headers.get(name, "") for name in _CHOOSING]


def _hash(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:24]
