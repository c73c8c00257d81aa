"""Headers that are kept with the object, or sent to the source; RFC 9110 section 5.5, OSS's own
rules for what is signed."""

from __future__ import annotations

from tests.hostile.dialogues.files import BIG, BY_PARTS, OLD, SECOND
from tests.hostile.outcomes import Act, Row, Stored, refused, row
from tests.hostile.scripts import acts, by_offset, ranges
from tests.hostile.server import Request, Script, Step
from tests.hostile.spelling import File, sized

_OLD, _BIG = Stored(OLD.content), Stored(BIG.content)
_INVALID = refused("InvalidEvent")


def _with(*lines: str, file: File = OLD) -> Script:
    return ranges(File(file.content, more=lines))


def _kept(name: str, line: str, header: str, value: str | None) -> Row:
    """A header as it comes, and as the object has it."""
    return row(name, _with(line), Stored(OLD.content, headers={header: value}))


def _countdown(*lines: str) -> Script:
    """Headers that say something else in each reply."""

    def script(request: Request) -> list[Step]:
        said = [line.replace("<N>", str(request.act * 1000 + request.number)) for line in lines]
        return list(_with(*said, file=BIG)(request))

    return script


def _interrupted(good: Script) -> Script:
    """The second part is refused in the first act, when a later one is done; in the second act all
    is well."""
    no = by_offset(2 * SECOND, sized("403 Forbidden", b"no"), good, good)
    return acts(by_offset(SECOND, good, no, good), good)


def _goes_on(name: str, *lines: str) -> Row:
    """What the first event got done is used by the second."""
    done = refused("SourceRefused")
    return Row(
        name,
        _interrupted(_countdown(*lines)),
        (Act((done,), event=BY_PARTS), Act((Stored(BIG.content, reused=True),), event=BY_PARTS)),
    )


def _sends(name: str, header: str, value: str, sent: str) -> Row:
    """A source header as the event gives it, and as the source gets it, in every request."""
    return row(
        name,
        ranges(OLD),
        _OLD,
        _INVALID,
        event={"source_headers": {header: value}},
        asks=lambda request: request.values(header) == [sent],
    )


KEPT = [
    _kept(
        "a type with trailing blanks", "Content-Type: text/plain \t ", "Content-Type", "text/plain"
    ),
    _kept(
        "a type with leading blanks", "Content-Type: \t text/plain", "Content-Type", "text/plain"
    ),
    _kept(
        "a language with blanks inside",
        "Content-Language: de,  en",
        "Content-Language",
        "de,  en",
    ),
    row(
        "a disposition that is folded",
        _with("Content-Disposition: attachment;", '  filename="a.bin"'),
        *(
            Stored(
                OLD.content,
                headers={"Content-Disposition": f'attachment;{blanks}filename="a.bin"'},
            )
            for blanks in (" ", "  ", "   ", "    ")
        ),
    ),
    # What to make of letters that OSS cannot sign is open; that the bytes arrive is not.
    row("a disposition in Latin-1", _with("Content-Disposition: inline; filename=\xfc.bin"), _OLD),
    row(
        "a disposition in UTF-8", _with("Content-Disposition: inline; filename=\u00c3\u00bc"), _OLD
    ),
    row(
        "a disposition with control characters",
        _with("Content-Disposition: a\x01b"),
        _OLD,
        refused("SourceUnavailable", "SourceRefused", "OutOfTime"),
    ),
    row("a type that is empty", _with("Content-Type:"), _OLD),
    row("a type twice", _with("Content-Type: a/b", "Content-Type: c/d"), _OLD),
    row("a Cache-Control in two lines", _with("Cache-Control: a", "Cache-Control: b"), _OLD),
    row("a type of nonsense", _with("Content-Type: ;;;=/\\"), _OLD),
    row(
        "a type of 4 KiB",
        _with(f"Content-Type: {'x' * 4096}"),
        _OLD,
        refused("SourceRefused", "TargetRefused"),
    ),
    row(
        "a name that OSS would read as its own",
        _with("x-oss-meta-a: b", "x-oss-object-acl: public"),
        Stored(OLD.content, headers={"x-oss-meta-a": None}),
    ),
    row("an Expires that is a number", _with("Expires: 0", "Expires: -1"), _OLD),
    row("two hundred headers besides", _with(*(f"X-{n}: {n}" for n in range(200))), _OLD),
    row("a header twenty times", _with(*["Link: </a>; rel=preload"] * 20), _OLD),
]

SENT = [
    _sends("a source header with a trailing blank", "X-Name", "value ", "value"),
    _sends("a source header with a leading blank", "X-Name", " value", "value"),
    _sends("a source header named accept", "accept", "text/html", "text/html"),
    _sends("a source header named User-AGENT", "User-AGENT", "me", "me"),
    row(
        "a source header in Latin-1",
        ranges(OLD),
        _OLD,
        _INVALID,
        event={"source_headers": {"X-Name": "\xfc"}},
    ),
    row(
        "a source header with a line end",
        ranges(OLD),
        _INVALID,
        event={"source_headers": {"X-Name": "a\r\nX-Evil: b"}},
        at_most=0,
    ),
    row(
        "a source header with a line end and nothing more",
        ranges(OLD),
        _OLD,
        _INVALID,
        event={"source_headers": {"X-Name": "a\n"}},
        asks=lambda request: request.values("X-Name") == ["a"],
    ),
    row(
        "every request asks for the bytes as they are",
        ranges(BIG),
        _BIG,
        event=BY_PARTS,
        asks=lambda request: (
            request.values("Accept-Encoding") == ["identity"]
            and len(request.values("Host")) == 1
            and not request.values("TE")
        ),
    ),
]

METADATA = [
    row(
        f"metadata {name}",
        ranges(OLD),
        _OLD,
        _INVALID,
        event={"metadata": metadata},
    )
    for name, metadata in {
        "with a leading blank": {"a": " b"},
        "with a trailing blank": {"a": "b "},
        "of blanks": {"a": "  "},
        "of nothing": {"a": ""},
        "with a tab": {"a": "b\tc"},
        "with two blanks inside": {"a": "b  c"},
        "in Latin-1": {"a": "\xfc"},
        "in Chinese": {"a": "\u4e2d\u6587"},
        "at the limit": {"a": "x" * (8 * 1024 - 1)},
        "near the limit": {"a": "x" * (8 * 1024 - 60)},
        "in capitals": {"Upper-Case": "Value"},
    }.items()
]

# What may differ from one reply to the next is no part of a transfer's name.
VOLATILE = [
    _goes_on("it goes on", "X-Name: value"),
    _goes_on("it goes on with a Cache-Control that counts down", "Cache-Control: max-age=<N>"),
    _goes_on("it goes on with an Age", "Age: <N>", "Date: Mon, 02 Mar 2026 10:00:<N> GMT"),
    _goes_on("it goes on with an Expires that moves", "Expires: Mon, 02 Mar 2026 10:00:<N> GMT"),
    _goes_on("it goes on with a cookie", "Set-Cookie: a=<N>"),
    _goes_on("it goes on with a disposition that has a date", "Content-Disposition: inline; d=<N>"),
    Row(
        "it is unchanged with a Cache-Control that counts down",
        _countdown("Cache-Control: max-age=<N>"),
        (Act((_BIG,), event=BY_PARTS), Act((Stored(BIG.content, "unchanged"),), event=BY_PARTS)),
    ),
]

ROWS: list[Row] = [*KEPT, *SENT, *METADATA, *VOLATILE]
