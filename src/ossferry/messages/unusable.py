"""What a program says of messages that it cannot use: a line of JSON for each. Pure."""

from __future__ import annotations

import json
from typing import NamedTuple

from ..errors import ProgramFailed

_WRONG = (
    'failed.jsonl must have lines like {"index": 0, "error": "no amount"}, in which index is the'
    " number of a line of the input, from 0"
)


class Unusable(NamedTuple):
    """``place`` is that of its line in the input, from 0; ``reason`` is for a person."""

    place: int
    reason: bytes


def unusable(text: bytes, count: int) -> list[Unusable]:
    """By their places, each once, of ``count`` messages; ``ProgramFailed`` for what is no such
    list, because then nobody would be told of what failed."""
    found = {}
    for line in text.splitlines():
        try:
            document = json.loads(line)
            place, reason = document["index"], document["error"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ProgramFailed(_WRONG) from None
        if type(place) is not int or not 0 <= place < count or not isinstance(reason, str):
            raise ProgramFailed(_WRONG)
        found[place] = Unusable(place, reason.encode("utf-8", "replace"))
    return [found[place] for place in sorted(found)]
