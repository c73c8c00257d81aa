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
from ..origins.place import is_object
from ..small.item import HostLimit, Item
from ..urls import Url
from .row import Row, Tally, row_of

_VERSION = 2


# Of an item's event, what a failed row has in its own words, or must not have.
_TOLD = ("source_url", "target_object_name", "source_headers")


def asked_besides(item: Item) -> dict[str, Any]:
    """What else an item asks for than its source and key, so that it can be asked for again."""
    return {name: value for name, value in item.event.items() if name not in _TOLD}


def shown_source(item: Item) -> str:
    """Its source without what nobody may see; "" if it is none."""
    source = str(item.event.get("source_url", ""))
    try:
        return source if is_object(source) else Url(source).redacted
    except ValueError:
        return ""


def unread_row(item: Item, error: FerryError) -> Row:
    """The row of an item that failed before anybody read it as an event."""
    source, key = (str(item.event.get(name, "")) for name in ("source_url", "target_object_name"))
    shown = shown_source(item)
    hidden = shown != source or "source_headers" in item.event
    asked = asked_besides(item)
    row = row_of(item.number, shown, key, "failed", error=error, query=hidden, asked=asked)
    return row | ({"restores": item.restores} if item.restores else {})


class ItemsJob(NamedTuple):
    """These items, within so many seconds. ``common`` are fields of each item's event, ``rows``
    what came of others, to be recorded with them.

    ``result`` is where the rows are PUT when all items are done, ``partial`` where those are that
    are done by then. ``children`` is how many a large item may have; with ``keeps_large`` it is
    copied after the others, without it somebody else does that. ``hosts`` is what others found out.
    With ``thaws`` an object that cannot be read, because it is archived, is waited for once more.
    """

    items: tuple[Item, ...]
    common: Mapping[str, Any]
    seconds: float
    children: int
    rows: Sequence[Mapping[str, Any]] = ()
    bulk: str = ""
    result: Url | None = None
    partial: Url | None = None
    keeps_large: bool = True
    hosts: Mapping[str, HostLimit] = {}
    thaws: bool = False

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
            "keeps_large": self.keeps_large,
            "hosts": self.hosts,
            "thaws": self.thaws,
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
                keeps_large=bool(document["keeps_large"]),
                hosts=_hosts(document["hosts"]),
                thaws=bool(document["thaws"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidEvent(
                f"a job of many items is only written by a coordinator; this one is broken"
                f" ({type(error).__name__})"
            ) from None


def _item(each: Sequence[Any]) -> Item:
    number, event, look, size, etag, restores, refused = each
    known = None if size is None else int(size)
    thawed = int(restores), int(refused)
    return Item(int(number), {**event}, bool(look), known, str(etag), *thawed)


def _hosts(document: Mapping[str, Any]) -> dict[str, HostLimit]:
    return {
        str(host): HostLimit(float(at_once), float(pause))
        for host, (at_once, pause) in document.items()
    }


class ItemsResult(NamedTuple):
    """What came of it. ``left`` are the numbers of items that nothing came of, for want of time;
    ``rows`` is empty where they are on record. ``progress`` is whether a large item got on that is
    not done, ``reused`` how many of its parts an earlier child had copied. ``large`` are items that
    are for somebody else, with their sizes as far as they are known, else 0; ``hosts`` are those
    that refused requests."""

    tally: Tally
    left: Sequence[int] = ()
    rows: Sequence[Mapping[str, Any]] = ()
    seconds: float = 0.0
    progress: bool = False
    reused: int = 0
    large: Mapping[int, int] = {}
    hosts: Mapping[str, HostLimit] = {}

    def to_json(self) -> dict[str, object]:
        return {
            "tally": self.tally.to_json(),
            "left": list(self.left),
            "rows": list(self.rows),
            "seconds": round(self.seconds, 4),
            "progress": self.progress,
            "reused": self.reused,
            "large": [*self.large.items()],
            "hosts": self.hosts,
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
                large={int(number): int(size) for number, size in document["large"]},
                hosts=_hosts(document["hosts"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ChildFailed(f"a child gave no usable answer: {type(error).__name__}") from None
