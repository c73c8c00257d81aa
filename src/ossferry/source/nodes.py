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

from .probe import Source

# How often a source is looked at again. Of two nodes that answer by turns or by chance, the first
# stays away for so long once in 250 times; then an error, or a copy too many, is what it costs.
_LOOKS = 8


def by_date(source: Source) -> Source:
    """A source as known without its ETag; one that has no date either cannot be split."""
    pin = source.ref.pin._replace(etag=None)
    splittable = source.splittable and bool(pin.last_modified)
    return replace(source, ref=source.ref._replace(pin=pin), splittable=splittable)


def disagree(source: Source, look: Callable[[], Source]) -> bool:
    """Whether a source that seems to have changed is served again as it was.

    A source that tells its own CRC64 is not asked: nodes that know that agree on the rest, too.
    """
    pin = source.ref.pin
    if not pin.etag or source.crc64 is not None:
        return False
    return any(look().ref.pin == pin for _ in range(_LOOKS))


def known_again(
    source: Source, is_it: Callable[[Source], bool], look_again: Callable[[Source], Source]
) -> bool:
    """Whether some of what is seen of a source satisfies ``is_it``; ``look_again`` gives what its
    replies so far agree on."""
    for _ in range(_LOOKS):
        if is_it(source):
            return True
        source = look_again(source)
    return is_it(source)
