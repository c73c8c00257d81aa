"""What changes, or says something else about itself, between two replies; RFC 9110 section 8.8.

An object is of one piece, or it is not made. Where a source has changed, reading all of it anew is
as right as an error.
"""

from __future__ import annotations

from tests.hostile.dialogues.files import (
    BIG,
    BIG_NEW,
    BIG_TWIN,
    BY_PARTS,
    IN_TURN,
    NEW,
    OLD,
    SECOND,
    SHORT,
    TWIN,
    bare,
    dated,
    tagged,
)
from tests.hostile.outcomes import BROKEN_OFF, CHANGED, NOT_HONOURED, Act, Row, Stored, refused, row
from tests.hostile.scripts import acts, always, by_offset, in_turn, look_then, ranges, wholes
from tests.hostile.server import End, Request, Script
from tests.hostile.spelling import TUESDAY, File, head, in_pieces


def _nodes(*files: File) -> Script:
    """A server behind whose name several nodes take turns."""
    return lambda request: ranges(files[request.number % len(files)])(request)


def _odd_node(number: int, odd: File, usual: File) -> Script:
    """A server of which a single reply comes from another node."""
    return lambda request: ranges(odd if request.number == number else usual)(request)


def _between(first: File, then: File) -> Script:
    """A server without ranges whose file changes after the first reply."""
    return in_turn(wholes(first), rest=wholes(then))


def _after_two(first: File, then: File) -> Script:
    """A server with ranges whose file changes after the second reply."""
    return in_turn(ranges(first), ranges(first), rest=ranges(then))


def _total(file: File, total: str) -> Script:
    """A server whose ranges are of a file of that size, so it says."""

    def script(request: Request) -> list[bytes]:
        return [file.part(request.range, total) if request.range else file.whole]

    return script


_NEW = Stored(NEW.content)
_TWIN = Stored(TWIN.content)
_BIG, _BIG_NEW, _BIG_TWIN = (Stored(each.content) for each in (BIG, BIG_NEW, BIG_TWIN))
_DATED = File(BIG.content, etag=None)

BETWEEN_PROBE_AND_READING = [
    row("it grows, read whole", _between(OLD, NEW), _NEW, CHANGED),
    row("it grows, read whole, without validators", _between(bare(OLD), bare(NEW)), _NEW, CHANGED),
    row("it grows, read whole, by its date", _between(dated(OLD), dated(NEW)), _NEW, CHANGED),
    row("it shrinks, read whole", _between(OLD, SHORT), Stored(SHORT.content), CHANGED),
    row(
        "it shrinks, read whole, without validators",
        _between(bare(OLD), bare(SHORT)),
        Stored(SHORT.content),
        CHANGED,
    ),
    row("it becomes another of its size, read whole", _between(OLD, TWIN), _TWIN, CHANGED),
    row(
        "it becomes another of its size, by its date",
        _between(dated(OLD), dated(TWIN)),
        _TWIN,
        CHANGED,
    ),
    row("it grows, read by a range", in_turn(ranges(OLD), rest=ranges(NEW)), _NEW, CHANGED),
    row(
        "it becomes another of its size, read by a range",
        in_turn(ranges(OLD), rest=ranges(TWIN)),
        _TWIN,
        CHANGED,
    ),
    row(
        "it loses its validators and its content",
        look_then(OLD.part((0, 1)), ranges(bare(TWIN))),
        Stored(TWIN.content, unknown_by=("etag", "last_modified")),
        CHANGED,
        NOT_HONOURED,
    ),
    row(
        "it loses its validators and its content, read whole",
        _between(OLD, bare(TWIN)),
        Stored(TWIN.content, unknown_by=("etag", "last_modified")),
        CHANGED,
        NOT_HONOURED,
    ),
    row(
        "it grows, larger than one part",
        _between(BIG, BIG_NEW),
        _BIG_NEW,
        CHANGED,
        event=IN_TURN,
    ),
    row(
        "it shrinks, larger than one part",
        _between(BIG_NEW, BIG),
        _BIG,
        CHANGED,
        event=IN_TURN,
    ),
    row("it is empty, and then it is not", _between(File(b""), NEW), _NEW, Stored(b""), CHANGED),
    row("it is there, and then it is empty", _between(OLD, File(b"")), Stored(b""), CHANGED),
    row(
        "it grows with every reply",
        lambda request: [bare(OLD, content=OLD.content * (request.number + 1)).whole],
        # Whatever a whole reply carried is of one piece; after three readings it may be enough.
        *(Stored(OLD.content * (number + 1)) for number in range(2, 8)),
        CHANGED,
    ),
]

BETWEEN_PARTS = [
    row("it grows between parts", _after_two(BIG, BIG_NEW), _BIG_NEW, CHANGED, event=BY_PARTS),
    row(
        "it becomes another of its size between parts",
        in_turn(*[ranges(BIG)] * 3, rest=ranges(BIG_TWIN)),
        _BIG_TWIN,
        CHANGED,
        event=BY_PARTS,
    ),
    row(
        "it becomes another of its size and date in its second half",
        by_offset(SECOND, ranges(BIG), ranges(tagged(BIG_TWIN, '"two"')), wholes(BIG)),
        _BIG,
        CHANGED,
        event=BY_PARTS,
    ),
    row(
        "its second half has no validators, and is another's",
        by_offset(SECOND, ranges(BIG), ranges(bare(BIG_TWIN)), wholes(BIG)),
        _BIG,
        CHANGED,
        NOT_HONOURED,
        event=BY_PARTS,
    ),
    row(
        "its second half has no date, and is another's",
        by_offset(SECOND, ranges(_DATED), ranges(bare(BIG_TWIN)), wholes(_DATED)),
        _BIG,
        CHANGED,
        NOT_HONOURED,
        event=BY_PARTS,
    ),
    row(
        "its second half has neither validators nor a total",
        by_offset(SECOND, ranges(BIG), _total(bare(BIG_TWIN), "*"), wholes(BIG)),
        _BIG,
        CHANGED,
        NOT_HONOURED,
        event=BY_PARTS,
    ),
    row(
        "its second half has another date",
        by_offset(
            SECOND, ranges(_DATED), ranges(File(BIG_TWIN.content, None, TUESDAY)), wholes(_DATED)
        ),
        _BIG,
        CHANGED,
        event=BY_PARTS,
    ),
    row(
        "its second half is of a larger file with the same ETag",
        by_offset(SECOND, ranges(BIG), _total(BIG, str(len(BIG.content) + 1)), wholes(BIG)),
        _BIG,
        CHANGED,
        event=BY_PARTS,
    ),
    row(
        "its second half does not say the total",
        by_offset(SECOND, ranges(BIG), _total(BIG, "*"), wholes(BIG)),
        _BIG,
        event=BY_PARTS,
    ),
    row(
        "its second half is gone",
        by_offset(SECOND, ranges(BIG), head("404 Gone", "Content-Length: 0"), wholes(BIG)),
        _BIG,
        refused("SourceGone"),
        event=BY_PARTS,
    ),
]

# Of one content: gateways and nodes that cannot agree on how to call it must not cost a transfer.
NODES = [
    row(
        "a weak ETag besides a strong one",
        _nodes(BIG, tagged(BIG, 'W/"one"')),
        _BIG,
        event=BY_PARTS,
    ),
    row(
        "an ETag without quotes besides one with them",
        _nodes(BIG, tagged(BIG, "one")),
        _BIG,
        event=BY_PARTS,
    ),
    row("nodes with ETags of their own", _nodes(OLD, tagged(OLD, '"two"')), Stored(OLD.content)),
    row(
        "nodes with ETags of their own, by parts",
        _nodes(BIG, tagged(BIG, '"two"')),
        _BIG,
        event=BY_PARTS,
    ),
    *(
        row(
            f"a node with an ETag of its own, at request {number}",
            _odd_node(number, tagged(BIG, '"two"'), BIG),
            _BIG,
            event=BY_PARTS,
        )
        for number in range(1, 6)
    ),
    row(
        "nodes with ETags of their own, read whole",
        in_turn(wholes(OLD), rest=wholes(tagged(OLD, '"two"'))),
        Stored(OLD.content),
    ),
    row(
        "nodes with dates of their own",
        _nodes(BIG, File(BIG.content, BIG.etag, TUESDAY)),
        _BIG,
        event=BY_PARTS,
    ),
    row(
        "a node that leaves the ETag out",
        _nodes(BIG, tagged(BIG, None)),
        _BIG,
        CHANGED,
        event=BY_PARTS,
    ),
    row(
        "nodes that agree on nothing but the size",
        _nodes(BIG, File(BIG.content, '"two"', TUESDAY)),
        _BIG,
        CHANGED,
        event=BY_PARTS,
    ),
]

# The mark that an object keeps is that of the reply which was read.
MARKS = [
    Row(
        "a mark of what was probed, on what was read",
        acts(_between(OLD, TWIN), wholes(OLD)),
        (Act((_TWIN, CHANGED)), Act((Stored(OLD.content),))),
    ),
    Row(
        "a mark of what was probed, on what was read by a range",
        acts(in_turn(ranges(OLD), rest=ranges(TWIN)), ranges(OLD)),
        (Act((_TWIN, CHANGED)), Act((Stored(OLD.content),))),
    ),
    Row(
        "a mark of what was read first, on what was read then",
        acts(
            in_turn(wholes(OLD), always(OLD.whole[:-1], End.FIN), rest=wholes(TWIN)),
            wholes(OLD),
        ),
        (Act((_TWIN, CHANGED, BROKEN_OFF)), Act((Stored(OLD.content),))),
    ),
    Row(
        "what was read is found again",
        acts(_between(OLD, NEW), wholes(NEW)),
        (Act((_NEW, CHANGED)), Act((_NEW,))),
    ),
    Row(
        "an unchanged source is not read again",
        always(ranges(OLD)),
        (Act((Stored(OLD.content, status="copied"),)), Act((Stored(OLD.content, "unchanged"),))),
    ),
    Row(
        "nothing to know it by, so it is read again",
        acts(wholes(bare(OLD)), wholes(bare(TWIN))),
        (Act((Stored(OLD.content),)), Act((_TWIN,))),
    ),
    Row(
        "of unknown size both times",
        acts(
            always(in_pieces("200 OK", OLD.content, 'ETag: "one"')),
            always(in_pieces("200 OK", NEW.content, 'ETag: "two"')),
        ),
        (Act((Stored(OLD.content),)), Act((_NEW,))),
    ),
    row(
        "a checksum of the source's own that is not that of its bytes",
        always(ranges(File(OLD.content, more=["x-oss-hash-crc64ecma: 1"]))),
        CHANGED,
    ),
]

ROWS = [*BETWEEN_PROBE_AND_READING, *BETWEEN_PARTS, *NODES, *MARKS]
