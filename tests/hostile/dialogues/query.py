"""Queries: what tells two sources apart, and what is only a new signature for the same one."""

from __future__ import annotations

from tests.hostile.dialogues.files import BIG, BIG_TWIN, BY_PARTS, OLD, SECOND, TWIN, dated, tagged
from tests.hostile.outcomes import Act, Row, Stored, refused, row
from tests.hostile.scripts import acts, by_offset, by_target, ranges, wholes
from tests.hostile.spelling import MONDAY, File, sized

_OLD, _TWIN = dated(OLD), File(TWIN.content, None, MONDAY)
_BIG, _BIG_TWIN = dated(BIG), File(BIG_TWIN.content, None, MONDAY)

# The same object with two signatures, as each kind of signed URL has them.
_SIGNED = {
    "OSS": "Expires=900000000{n}&OSSAccessKeyId=LTAI{n}&Signature=s{n}",
    "OSS, version 4": "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=a{n}"
    "&x-oss-date=2099030{n}T000000Z&x-oss-expires=3600&x-oss-signature=s{n}",
    "S3": "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a{n}&X-Amz-Date=2099030{n}T000000Z"
    "&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=t{n}&X-Amz-Signature=s{n}",
    "S3, version 2": "AWSAccessKeyId=AKIA{n}&Expires=900000000{n}&Signature=s{n}",
    "COS": "q-sign-algorithm=sha1&q-ak=a{n}&q-sign-time=1;{n}&q-key-time=1;{n}&q-header-list="
    "&q-url-param-list=&q-signature=s{n}",
    "GCS": "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=a{n}&X-Goog-Date=2099030{n}T000000Z"
    "&X-Goog-Expires=3600&X-Goog-SignedHeaders=host&X-Goog-Signature=s{n}",
    "Azure": "sv=2024-11-04&st=2025-03-0{n}T00:00:00Z&se=2099-03-0{n}T00:00:00Z&sr=b&sp=r&sig=s{n}",
    "a CDN": "auth_key=900000000{n}-0-0-s{n}",
}


def _two(name: str, one: File, other: File, first: str, second: str, *then: Stored) -> Row:
    """Two events that differ in the query alone."""
    return Row(
        name,
        by_target(first=ranges(one), second=ranges(other)),
        (
            Act((Stored(one.content, "copied"),), f"/file?{first}&case=first"),
            Act(then or (Stored(other.content),), f"/file?{second}&case=second"),
        ),
    )


def _again(name: str, query: str) -> Row:
    """The same source, signed anew."""
    return Row(
        f"signed anew by {name}",
        ranges(_OLD),
        (
            Act((Stored(OLD.content, "copied"),), f"/file?{query.format(n=1)}"),
            Act((Stored(OLD.content, "unchanged"),), f"/file?{query.format(n=2)}"),
        ),
    )


def _goes_on(name: str, query: str) -> Row:
    """An interrupted transfer of the same source, signed anew, goes on."""
    good = ranges(_BIG)
    no = by_offset(2 * SECOND, sized("403 Forbidden", b"no"), good, good)
    broken = by_offset(SECOND, good, no, good)
    return Row(
        f"it goes on, signed anew by {name}",
        acts(broken, good),
        (
            Act((refused("SourceRefused"),), f"/file?{query.format(n=1)}", BY_PARTS),
            Act((Stored(BIG.content, reused=True),), f"/file?{query.format(n=2)}", BY_PARTS),
        ),
    )


DIFFERENT = [
    # Of equal size and date, and without an ETag, as scripts that serve files by number have them.
    _two("files by number", _OLD, _TWIN, "id=1", "id=2"),
    _two("files by number, with ETags", OLD, TWIN, "id=1", "id=2"),
    _two("versions of a file", _OLD, _TWIN, "versionId=1", "versionId=2"),
    _two("files by name", _OLD, _TWIN, "name=a", "name=b"),
    _two("a query, and another one more", _OLD, _TWIN, "id=1", "id=1&page=2"),
    _two("files by number, signed", _OLD, _TWIN, "id=1&Signature=a", "id=2&Signature=a"),
    _two("one parameter twice", _OLD, _TWIN, "id=1&id=2", "id=2&id=1"),
    # Where there is an ETag it decides: whether this is copied again is open, what it is is not.
    _two("one ETag under two numbers", OLD, OLD, "id=1", "id=2"),
    Row(
        "files by number, interrupted",
        by_target(
            first=by_offset(
                SECOND,
                ranges(_BIG),
                by_offset(2 * SECOND, sized("403 Forbidden", b"no"), ranges(_BIG), wholes(_BIG)),
                wholes(_BIG),
            ),
            second=ranges(_BIG_TWIN),
        ),
        (
            Act((refused("SourceRefused"),), "/file?id=1&case=first", BY_PARTS),
            Act((Stored(BIG_TWIN.content),), "/file?id=2&case=second", BY_PARTS),
        ),
        leaves=1,
    ),
]

SAME = [
    *(_again(name, query) for name, query in _SIGNED.items()),
    *(_goes_on(name, _SIGNED[name]) for name in ("OSS", "S3", "a CDN")),
]

# A lifetime is not a moment.
MOMENTS = [
    row(
        f"a query with {query}",
        ranges(tagged(BIG, '"one"')),
        Stored(BIG.content),
        path=f"/file?{query}",
        event=BY_PARTS,
    )
    for query in ("expires=3600", "Expires=60", "expires=never", "expires=", "e=1", "se=1")
]

ROWS: list[Row] = [*DIFFERENT, *SAME, *MOMENTS]
