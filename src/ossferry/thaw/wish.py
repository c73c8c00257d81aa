"""What OSS is asked about one archived object, and what it answers. Pure."""

from __future__ import annotations

from typing import Literal, NamedTuple

from ..archived import Restore
from ..names import ObjectName

# What came of asking: it has begun, it has been readable already and is for longer, somebody else
# has asked, there is nothing to restore, it is the same as its target, its target is kept as it is,
# there is no such object.
Answer = Literal["asked", "extended", "under_way", "not_archived", "same", "kept", "gone"]


class Wish(NamedTuple):
    """``target`` is looked at first, if there may be the same object already: restoring costs more
    than two requests. ``keeps``: whatever is there is not overwritten."""

    source: ObjectName
    restore: Restore
    target: ObjectName | None = None
    keeps: bool = False
