"""What a program is given: of a prefix the objects that it is for, each with own names. Pure.

Two objects of one folder whose names differ by their suffixes alone would have outputs of the same
names, unless its description puts the suffix into them; only the first of them is given to it.
A list that has such two is refused, as one with two items for one key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..entries import Entry
from ..errors import InvalidEvent
from ..items.row import Row, row_of
from ..jobs import BulkJob
from ..ledger.head import Cursor
from ..names import ObjectName
from ..programs.description import Program
from ..programs.naming import split_key, wants
from ..sharing.supplied import Supplied, Supply
from ..small.item import Item
from .supply import from_prefix


def to_program(
    where: ObjectName, sources: Iterator[Entry], program: Program, job: BulkJob, after: Cursor
) -> Supply:
    """``sources`` are below the key of ``where`` behind the cursor."""
    prefix = where.key
    wanted = (
        each
        for each in sources
        if not each.key.endswith("/") and wants(program, each.key.removeprefix(prefix))
    )
    stems = Stems(program, after.key)
    for supplied in from_prefix(where, wanted, iter(()), job, after):
        item = supplied.item
        first = stems.first(supplied.cursor.key)
        content = supplied.content
        if item and first:
            content = _refused(item, first)
        elif item:
            event = {name: each for name, each in item.event.items() if name != "overwrite"}
            content = item._replace(event=event)
        yield Supplied(content, supplied.cursor, supplied.entry)


def made_of(program: Program | None, job: BulkJob) -> Callable[[str], str]:
    """What two items of a list must not both have, by their keys: these, or what the outputs of a
    program are named by."""
    if program is None or "{suffix}" in program.outputs:
        return lambda key: key

    def stem(key: str) -> str:
        is_for_it = wants(program, key.removeprefix(job.target.key))
        return _stem(key) if is_for_it else key

    return stem


def _stem(key: str) -> str:
    folder, slash, _ = key.rpartition("/")
    return f"{folder}{slash}{split_key(key)[0]}"


class Stems:
    """Finds keys that differ by their suffixes alone, in a listing: between two of them there are
    only such as begin like both."""

    def __init__(self, program: Program, behind: str) -> None:
        self._all = "{suffix}" not in program.outputs
        self._known: list[tuple[str, str]] = []
        if behind:
            self.first(behind)

    def first(self, key: str) -> str:
        """The key that came before and differs by its suffix alone; "" if there is none."""
        if not self._all:
            return ""
        stem = _stem(key)
        self._known = [each for each in self._known if key.startswith(each[0])]
        for known, first in self._known:
            if known == stem:
                return first
        self._known.append((stem, key))
        return ""


def _refused(item: Item, first: str) -> Row:
    error = InvalidEvent(
        f"its outputs would have the names of those of {first}: put {{suffix}} into outputs of the"
        " program's description, or exclude one of them"
    )
    shown, key = str(item.event["source_url"]), str(item.event["target_object_name"])
    return row_of(item.number, shown, key, "failed", size=item.size, error=error)
