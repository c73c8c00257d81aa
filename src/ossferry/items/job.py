"""What a coordinator of many items asks of a child, and what the child answers, through JSON.

An item is a transfer event, and no more powerful than one: whoever may send this could send those.
What a child records goes to URLs that only a coordinator can have signed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import ChildFailed, FerryError, InvalidEvent
from ..names import ITEMS
from ..urls import Url
from .row import Row, Tally, row_of

_VERSION = 1


class Item(NamedTuple):
    """``event`` has the fields of a transfer event that are this item's own.

    ``look``: an object may be there already, so that it is looked at before. ``size`` and ``etag``
    are what a listing said of a source in OSS; "" and None if nothing did.
    """

    number: int
    event: Mapping[str, Any]
    look: bool = True
    size: int | None = None
    etag: str = ""

    def __repr__(self) -> str:
        return f"Item({self.number})"


# Of an item's event, what a failed row has in its own words, or must not have.
_TOLD = ("source_url", "target_object_name", "source_headers")


def asked_besides(item: Item) -> dict[str, Any]:
    """What else an item asks for than its source and key, so that it can be asked for again."""
    return {name: value for name, value in item.event.items() if name not in _TOLD}


def unread_row(item: Item, error: FerryError) -> Row:
    """The row of an item that failed before anybody read it as an event."""
    source, key = (str(item.event.get(name, "")) for name in ("source_url", "target_object_name"))
    try:
        shown = source if source.startswith("oss://") else Url(source).redacted
    except ValueError:
        shown = ""
    hidden = shown != source or "source_headers" in item.event
    asked = asked_besides(item)
    return row_of(item.number, shown, key, "failed", error=error, query=hidden, asked=asked)


class ItemsJob(NamedTuple):
    """These items, within so many seconds. ``common`` are fields of each item's event, ``rows``
    what came of others, to be recorded with them.

    ``result`` is where the rows are PUT when all items are done, ``partial`` where those are that
    are done by then. ``children`` is how many a large item may have.
    """

    items: tuple[Item, ...]
    common: Mapping[str, Any]
    seconds: float
    children: int
    rows: Sequence[Mapping[str, Any]] = ()
    bulk: str = ""
    result: Url | None = None
    partial: Url | None = None

    def __repr__(self) -> str:
        return f"ItemsJob({self.bulk}, {len(self.items)} items)"

    def encode(self) -> bytes:
        document = {
            "kind": ITEMS,
            "version": _VERSION,
            "items": self.items,
            "common": self.common,
            "seconds": self.seconds,
            "children": self.children,
            "rows": list(self.rows),
            "bulk": self.bulk,
            "result": self.result.reveal() if self.result else None,
            "partial": self.partial.reveal() if self.partial else None,
        }
        # Half of a surrogate pair becomes the escape that JSON has for it.
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")

    @classmethod
    def decode(cls, document: Mapping[str, Any]) -> ItemsJob:
        """The job that ``encode`` wrote; ``InvalidEvent`` for anything else."""
        try:
            if document["version"] != _VERSION:
                raise InvalidEvent(
                    "a coordinator of another version started this child: send the event again once"
                    " the deployment is through"
                )
            return cls(
                items=tuple(map(_item, document["items"])),
                common={**document["common"]},
                seconds=float(document["seconds"]),
                children=int(document["children"]),
                rows=tuple({**row} for row in document["rows"]),
                bulk=str(document["bulk"]),
                result=Url(document["result"]) if document["result"] else None,
                partial=Url(document["partial"]) if document["partial"] else None,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidEvent(
                f"a job of many items is only written by a coordinator; this one is broken"
                f" ({type(error).__name__})"
            ) from None


def _item(each: Sequence[Any]) -> Item:
    number, event, look, size, etag = each
    return Item(int(number), {**event}, bool(look), None if size is None else int(size), str(etag))


class ItemsResult(NamedTuple):
    """What came of it. ``left`` are the numbers of items that nothing came of, for want of time;
    ``rows`` is empty where they are on record. ``progress`` is whether a large item got on that is
    not done, ``reused`` how many of its parts an earlier child had copied."""

    tally: Tally
    left: Sequence[int] = ()
    rows: Sequence[Mapping[str, Any]] = ()
    seconds: float = 0.0
    progress: bool = False
    reused: int = 0

    def to_json(self) -> dict[str, object]:
        return {
            "tally": self.tally.to_json(),
            "left": list(self.left),
            "rows": list(self.rows),
            "seconds": round(self.seconds, 4),
            "progress": self.progress,
            "reused": self.reused,
        }

    @classmethod
    def decode(cls, text: bytes) -> ItemsResult:
        """The result in a child's reply; ``ChildFailed`` for anything else."""
        try:
            document = json.loads(text)
            return cls(
                tally=Tally.read(document["tally"]),
                left=tuple(map(int, document["left"])),
                rows=tuple(document["rows"]),
                seconds=float(document["seconds"]),
                progress=bool(document["progress"]),
                reused=int(document["reused"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ChildFailed(f"a child gave no usable answer: {type(error).__name__}") from None
