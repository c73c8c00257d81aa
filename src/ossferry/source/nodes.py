"""Sources that several nodes serve, which agree on the file and not on its ETag.

Apache makes an ETag of the inode, IIS of a counter: one file on two nodes has two. Whoever meets
the first node twice and then the second takes that for a change. What tells them apart is that a
file that was replaced does not come back: if the first ETag is served again after the second, with
the same date and size, both were there all the time, and date and size have to do.

What is left: a replacement of the same size that keeps the date, put on one node after the other.
No header tells that from nodes that disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..errors import SourceChanged
from ..log import log
from .identity import Identity
from .probe import Source

Look = Callable[[], Source]

# How often a source is looked at again. Of two nodes that answer by turns or by chance, the first
# stays away for so long once in 250 times; then an error, or a copy too many, is what it costs.
_LOOKS = 8


def by_date(source: Source) -> Source:
    """A source as known without its ETag; one that has no date either cannot be split."""
    pin = source.ref.pin._replace(etag=None)
    splittable = source.splittable and bool(pin.last_modified)
    ref = source.ref._replace(pin=pin)
    return replace(source, ref=ref, splittable=splittable, etag_dropped=True)


def settled(first: Source, look: Look) -> Source:
    """A source that is to be split, as known by what its replies agree on: children will talk to
    several nodes.

    Where two replies have different ETags, the first is waited for. If it does not come back, the
    source is what the last two replies say; if these differ again, it has to be read in one reply.
    """
    second = look()
    if first.ref.pin.etag == second.ref.pin.etag:
        return _agreed(first, second)
    before = last = second
    for _ in range(_LOOKS):
        before, last = last, look()
        if last.ref.pin == first.ref.pin:
            return by_date(_agreed(first, second))
    now = _agreed(last, before)
    _same_size(first, now)
    if now.etag_dropped:
        log("source.not_splittable", reason="its ETag is another from reply to reply")
    return replace(now, splittable=now.splittable and not now.etag_dropped)


def disagree(source: Source, look: Look) -> bool:
    """Whether a source that seems to have changed is served again as it was.

    A source that tells a checksum is not asked: nodes that know that agree on the rest, too.
    """
    pin = source.ref.pin
    if not pin.etag or source.checks or source.crc64 is not None:
        return False
    return any(look().ref.pin == pin for _ in range(_LOOKS))


def served_as(before: Identity, look: Look) -> Source | None:
    """The source as a node serves it with the ETag that another run knew it by, if one does.

    Each reply is asked for itself: what several of them agree on may be of several versions.
    """
    looks = (look() for _ in range(_LOOKS))
    return next((seen for seen in looks if Identity.of(seen).has_etag_of(before)), None)


def _agreed(one: Source, other: Source) -> Source:
    """The first of them, as known by what both say; of different ETags neither counts."""
    _same_size(one, other)
    here, there = one.ref.pin, other.ref.pin
    pin = here._replace(
        last_modified=here.last_modified if here.last_modified == there.last_modified else None
    )
    agreed = replace(
        one,
        ref=one.ref._replace(pin=pin),
        splittable=one.splittable
        and other.splittable
        and here.coding == there.coding
        and bool(pin.etag or pin.last_modified),
    )
    return agreed if here.etag == there.etag else by_date(agreed)


def _same_size(one: Source, other: Source) -> None:
    if one.size != other.size:
        raise SourceChanged(f"{one.ref.url.redacted} changes its size from request to request")
