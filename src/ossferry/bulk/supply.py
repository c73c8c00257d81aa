"""What a job consists of, one item after another: those of a list, or of a listing.

What needs no copying, or cannot be copied, comes as the row of the report that it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..archived import DIRECT, refused, state_of
from ..entries import Entry
from ..errors import InvalidEvent, SourceRefused
from ..items.row import Row, row_of
from ..items.waiting import item_of
from ..jobs import BulkJob
from ..ledger.head import Cursor
from ..listing.beside import beside, verdict
from ..listing.wanted import is_wanted
from ..lists.duplicates import Keys, pairs
from ..lists.rows import Row as ListRow
from ..lists.rows import Rows, Unreadable
from ..names import ObjectName
from ..origins.place import ForeignName, is_foreign
from ..sharing.supplied import Supplied, Supply
from ..small.item import Item

# Of a list of failures, what tells of the failure; and of an item that a report cannot name.
_TOLD = ("item", "cause", "error_type", "error")
_HIDDEN = "query"
_NAMED = 5  # duplicates, or lines, that an error names


class Looked(NamedTuple):
    """What a first pass over a list found: its format, and how many items there are."""

    format: str
    items: int


def look_through(
    rows: Callable[[], Rows], job: BulkJob, made_of: Callable[[str], str] = str
) -> Looked:
    """Refuse a list in which two items would make one object, or one leaves the prefix; with
    ``strict`` also one that cannot be read in full. Nothing is written before.

    ``made_of`` tells by an item's key what no other may make."""
    keys, refused, items = Keys(), list[Unreadable](), 0
    opened = rows()
    for row in opened:
        items += 1
        if isinstance(row, ListRow):
            keys.add(made_of(_key(row)))
        elif row.leaves or job.strict:
            refused.append(row)
            if len(refused) == _NAMED:
                break
    if refused:
        told = "; ".join(f"line {row.number}: {row.reason}" for row in refused)
        raise InvalidEvent(f"the list was refused, and nothing copied: {told}")
    suspects = keys.suspects()
    if suspects:
        made = ((row.number, made_of(_key(row))) for row in _good(rows()))
        _refuse_pairs(pairs(made, suspects, _NAMED))
    return Looked(opened.format, items)


def _good(rows: Rows) -> Iterator[ListRow]:
    return (row for row in rows if isinstance(row, ListRow))


def _refuse_pairs(found: list[tuple[int, int, str]]) -> None:
    if found:
        told = "; ".join(f"lines {one} and {two}: {key}" for one, two, key in found)
        raise InvalidEvent(
            f"the list was refused, and nothing copied: items would make the same object: {told};"
            " give each a key of its own, or naming path or host"
        )


def _key(row: ListRow) -> str:
    return str(row.event["target_object_name"])


def from_list(rows: Rows, job: BulkJob, after: Cursor, look: int) -> Supply:
    """Of items up to the number ``look`` there may be objects already."""
    for row in rows:
        if row.number <= after.number:
            continue
        cursor = Cursor(row.number)
        if isinstance(row, Unreadable):
            yield Supplied(_unreadable(row.number, "", row.reason), cursor)
            continue
        event = {name: value for name, value in row.event.items() if name not in _TOLD}
        if event.pop(_HIDDEN, False):
            reason = "reports keep no queries of URLs: send the job again with again: failed"
            yield Supplied(_unreadable(row.number, _key(row), reason), cursor)
            continue
        size = event.get("expected_size")
        known = size if isinstance(size, int) else None
        event.setdefault("overwrite", job.overwrite)
        source = str(event["source_url"])
        if source.startswith("oss://"):
            event.setdefault("source_region", job.source_region)
        elif is_foreign(source):
            event = {**job.elsewhere, **event}
        yield Supplied(Item(row.number, event, row.number <= look, known), cursor)


def _unreadable(number: int, key: str, reason: str) -> Row:
    return row_of(number, "", key, "failed", error=InvalidEvent(reason))


def from_prefix(
    where: ObjectName | ForeignName,
    sources: Iterator[Entry],
    targets: Iterator[Entry],
    job: BulkJob,
    after: Cursor,
) -> Supply:
    """``sources`` are below the source's key behind the cursor, ``targets`` below the target's."""
    prefix = where.key
    number = after.number
    for source, target in beside(sources, targets, prefix, job.target.key):
        if not is_wanted(job.selection, source, prefix):
            continue
        number += 1
        content = _content(number, where, source, target, job)
        yield Supplied(content, Cursor(number, source.key), source)


def from_waiting(rows: Iterator[Row], after: Cursor) -> Supply:
    """Once more what waited in the round before."""
    for number, row in enumerate(rows, 1):
        if number > after.number:
            yield Supplied(item_of(row), Cursor(number), waits=True)


def _target_key(where: ObjectName | ForeignName, source: Entry, job: BulkJob) -> str:
    """That of the source, where nothing is copied."""
    if job.thaw and not job.thaw.copies:
        return source.key
    return job.target.key + source.key.removeprefix(where.key)


def _content(
    number: int,
    where: ObjectName | ForeignName,
    source: Entry,
    target: Entry | None,
    job: BulkJob,
) -> Item | Row:
    shown = str(where._replace(key=source.key))
    key = _target_key(where, source, job)
    if source.type == "Symlink":
        return row_of(number, shown, key, "skipped", reason="a symlink: copy what it leads to")
    if len(key.encode()) > 1023 or not key:
        error = SourceRefused("its key would be empty, or longer than 1023 bytes")
        return row_of(number, shown, key, "failed", error=error)
    match verdict(source, target, job.overwrite):
        case "same":
            return row_of(number, shown, key, "unchanged", size=source.size)
        case "keep":
            reason = f"an object is there, and overwrite is {job.overwrite}"
            return row_of(number, shown, key, "skipped", size=source.size, reason=reason)
        case "ask":
            look = True
        case "copy":
            look = False
    # Whoever looked at the listing knows better than whoever looks at the object alone.
    overwrite = "never" if job.overwrite == "never" else "different" if look else "always"
    event = {"source_url": shown, "target_object_name": key, "overwrite": overwrite}
    if isinstance(where, ForeignName):
        # Archived ones are asked for: no listing of theirs says whether they are restored.
        return Item(number, {**event, **job.elsewhere}, look, source.size)
    event["source_region"] = where.region
    return _unless_frozen(Item(number, event, look, source.size, source.etag), source, job)


def _unless_frozen(item: Item, source: Entry, job: BulkJob) -> Item | Row:
    """Nobody has to ask for what the listing says cannot be read, unless it is to be restored."""
    kind, direct = source.storage_class, bool(job.common.get("direct_read"))
    state = state_of(kind, source.restore)
    if job.thaw or state == "readable" or (direct and kind == DIRECT):
        # Without its ETag it is looked at again: until its turn comes, a restore may end.
        return item._replace(etag="") if kind == DIRECT else item
    shown, key = item.event["source_url"], item.event["target_object_name"]
    error = refused(shown, kind, state, direct_read=direct)
    return row_of(item.number, shown, key, "failed", size=source.size, error=error)
