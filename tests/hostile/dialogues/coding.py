"""Content-Encoding in spite of ``identity``; RFC 9110 sections 8.4 and 12.5.3.

What is stored is stored as what it is: packed bytes only under the name of their packing.
"""

from __future__ import annotations

import gzip

from tests.hostile.dialogues.files import BIG, BY_PARTS, OLD, SECOND, bare
from tests.hostile.outcomes import CHANGED, NOT_HONOURED, Row, Stored, refused, row
from tests.hostile.scripts import always, by_offset, in_turn, look_then, ranges, wholes
from tests.hostile.spelling import File

_NAME = "Content-Encoding"
_PACKED = gzip.compress(OLD.content, mtime=0)
_GZIP = File(_PACKED, more=["Content-Encoding: gzip"])
_BIG_GZIP = File(BIG.content[::-1], more=["Content-Encoding: gzip"])
_BROTLI = File(OLD.content[::-1], more=["Content-Encoding: br"])
_BARE_GZIP = File(_PACKED, None, None, ["Content-Encoding: gzip"])

_PLAIN = Stored(OLD.content, headers={_NAME: None})
_AS_GZIP = Stored(_PACKED, headers={_NAME: "gzip"})
_NOT_SO = refused("SourceRefused", *CHANGED.types, *NOT_HONOURED.types)
# The content is what it is; that it is not packed may be said or not.
_EITHER_NAME = (_PLAIN, Stored(OLD.content, headers={_NAME: "identity"}))

ROWS: list[Row] = [
    row("packed from the first reply on", wholes(_GZIP), _AS_GZIP, _NOT_SO),
    row("packed from the first reply on, by ranges", ranges(_GZIP), _AS_GZIP, _NOT_SO),
    row(
        "packed from the second reply on",
        in_turn(wholes(OLD), rest=wholes(_GZIP)),
        _AS_GZIP,
        _NOT_SO,
    ),
    row(
        "packed from the second reply on, without validators",
        in_turn(wholes(bare(OLD)), rest=wholes(_BARE_GZIP)),
        _AS_GZIP,
        _NOT_SO,
    ),
    row(
        "packed from the second reply on, after ranges",
        look_then(OLD.part((0, 1)), wholes(_GZIP)),
        _AS_GZIP,
        _NOT_SO,
    ),
    row(
        "packed at the probe alone",
        in_turn(wholes(_GZIP), rest=wholes(OLD)),
        _PLAIN,
        _NOT_SO,
    ),
    row(
        "packed otherwise from the second reply on",
        in_turn(wholes(_GZIP), rest=wholes(_BROTLI)),
        Stored(_BROTLI.content, headers={_NAME: "br"}),
        _NOT_SO,
    ),
    row(
        "packed in its second half",
        by_offset(SECOND, ranges(BIG), ranges(_BIG_GZIP), wholes(BIG)),
        Stored(BIG.content, headers={_NAME: None}),
        _NOT_SO,
        event=BY_PARTS,
    ),
    row(
        "packed in its second half, with one name for both",
        by_offset(SECOND, ranges(BIG), ranges(_BIG_GZIP), wholes(_BIG_GZIP)),
        Stored(_BIG_GZIP.content, headers={_NAME: "gzip"}),
        _NOT_SO,
        event=BY_PARTS,
    ),
    row(
        "not packed, and it says so",
        always(ranges(File(OLD.content, more=["Content-Encoding: identity"]))),
        *_EITHER_NAME,
    ),
    row(
        "not packed, in an empty word",
        always(ranges(File(OLD.content, more=["Content-Encoding:"]))),
        _PLAIN,
    ),
    row(
        "not packed, and in the second reply it says so",
        in_turn(ranges(OLD), rest=ranges(File(OLD.content, more=["Content-Encoding: identity"]))),
        *_EITHER_NAME,
    ),
    row(
        "packed, in two lines",
        wholes(File(_PACKED, more=["Content-Encoding: gzip", "Content-Encoding: br"])),
        Stored(_PACKED, headers={_NAME: "gzip, br"}),
        Stored(_PACKED, headers={_NAME: "gzip,br"}),
        _NOT_SO,
    ),
]
