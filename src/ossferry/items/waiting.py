"""The row of an item that waits for its source, with all that it takes to go on. Pure."""

from __future__ import annotations

from time import gmtime, strftime

from ..small.item import Item
from .job import asked_besides, shown_source
from .row import WAITING, Row, row_of

_REFUSALS = 3


def waiting_row(item: Item, waits: str, storage_class: str = "") -> Row:
    """``waits`` is what it is counted by: the class of its source, and the tier. Its source is an
    object: what nobody can restore is not waited for."""
    event = item.event
    row = row_of(
        item.number,
        shown_source(item),
        str(event["target_object_name"]),
        WAITING,
        size=item.size,
    )
    goes_on = {"look": item.look, "refused": item.refused, "asked": asked_besides(item)}
    return row | history(item, storage_class) | {"waits": waits, **goes_on}


def refused_row(item: Item) -> Row | None:
    """That of an item whose source could not be read after all: a restore ended before its turn.
    None if that happens time and again."""
    if item.refused >= _REFUSALS:
        return None
    return waiting_row(item._replace(refused=item.refused + 1), "again")


def item_of(row: Row) -> Item:
    """The item that a row is of which waits."""
    event = {
        **row.get("asked", {}),
        "source_url": row["source"],
        "target_object_name": row["key"],
    }
    return Item(
        int(row["item"]),
        event,
        bool(row.get("look", True)),
        row.get("size"),
        restores=int(row.get("restores", 0)),
        refused=int(row.get("refused", 0)),
    )


def moment_of(seconds: float) -> str:
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(seconds))


def history(item: Item, storage_class: str = "") -> Row:
    """What a report tells of an item's source beside what came of it."""
    told: Row = {}
    if storage_class:
        told["storage_class"] = storage_class
    if item.restores:
        told["restores"] = item.restores
    return told
