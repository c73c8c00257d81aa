"""Bodies that end early, in good order or not; RFC 9112 sections 6.3, 8 and 9.8."""

from __future__ import annotations

from tests.hostile.dialogues.files import BIG, BY_PARTS, IN_TURN, OLD, bare
from tests.hostile.outcomes import BROKEN_OFF, NOT_HTTP, Row, Stored, refused, row
from tests.hostile.scripts import Sayable, always, cut_short, in_turn, look_then, ranges, wholes
from tests.hostile.server import End, Script, Step
from tests.hostile.spelling import File, head, in_pieces, sized

_OLD, _BIG = Stored(OLD.content), Stored(BIG.content)
_CLOSE = head("200 OK", "Connection: close")
_EARLY = refused(*BROKEN_OFF.types, "SourceChanged")
_BARE = bare(OLD)
_PIECES = in_pieces("200 OK", OLD.content)
_UNKNOWN = in_pieces("200 OK", b"x" * 10)


def _once(bad: Sayable, good: Script) -> Script:
    """The second reply, which is the reading of a source without ranges, is bad."""
    return in_turn(good, bad, rest=good)


def _ended(*steps: Step) -> Script:
    """A server without ranges that always ends like this."""
    return always(*steps)


_HALF = "Content-Range: bytes 0-499/1000"
_ALL_OF_HALF = "Content-Range: bytes 0-499/500"

# What a reply says about a range that nobody asked for cuts nothing off.
RANGES_UNASKED = [
    row("all, and a range of half", always(sized("200 OK", OLD.content, _HALF)), _OLD, _EARLY),
    row(
        "all, and a range that is all of half",
        always(sized("200 OK", OLD.content, _ALL_OF_HALF)),
        _OLD,
        _EARLY,
    ),
    row(
        "all in pieces, and a range that is all of half",
        always(in_pieces("200 OK", OLD.content, _ALL_OF_HALF)),
        _OLD,
        _EARLY,
    ),
    row(
        "206 in pieces, and more than its range",
        always(in_pieces("206 Partial Content", OLD.content, _ALL_OF_HALF)),
        _EARLY,
    ),
    row(
        "a range from the middle of all",
        always(sized("200 OK", OLD.content, "Content-Range: bytes 500-999/1000")),
        _OLD,
        _EARLY,
    ),
]

WHOLE = [
    row("shorter than its length, always", cut_short(_BARE, 400), _EARLY),
    row("shorter than its length by a byte", cut_short(_BARE, 999), _EARLY),
    row("shorter than its length, once", _once(cut_short(_BARE, 400), wholes(_BARE)), _OLD),
    row("reset before its length, always", cut_short(_BARE, 400, End.RESET), _EARLY),
    row(
        "reset before its length, once",
        _once(cut_short(_BARE, 400, End.RESET), wholes(_BARE)),
        _OLD,
    ),
    row("nothing after the head, always", cut_short(_BARE, 0), _EARLY),
    row(
        "larger than one part, cut in its third",
        cut_short(bare(BIG), 250_000),
        _EARLY,
        event=IN_TURN,
    ),
    row(
        "larger than one part, cut once",
        _once(cut_short(bare(BIG), 250_000), wholes(bare(BIG))),
        _BIG,
        event=IN_TURN,
    ),
    row("of unknown size, and pieces that end early", _ended(_PIECES[:-30], End.FIN), _EARLY),
    row("of unknown size, and no last piece", _ended(_PIECES[:-5], End.FIN), _EARLY),
    row("of unknown size, and half the end", _ended(_PIECES[:-2], End.FIN), _EARLY),
    row("of unknown size, and pieces that are reset", _ended(_PIECES[:-30], End.RESET), _EARLY),
    row(
        "of unknown size, and pieces that end early once",
        _once(always(_PIECES[:-30], End.FIN), always(_PIECES)),
        _OLD,
    ),
    row(
        "of unknown size, larger than one part, without an end",
        _ended(in_pieces("200 OK", BIG.content)[:-5], End.FIN),
        _EARLY,
        event=IN_TURN,
    ),
    row("of unknown size, closed in good order", _ended(_CLOSE, OLD.content, End.FIN), _OLD),
    row("of unknown size, reset", _ended(_CLOSE, OLD.content, End.RESET), _EARLY),
    row(
        "of unknown size, then of a known one, and shorter",
        in_turn(_UNKNOWN, rest=cut_short(_BARE, 400)),
        _EARLY,
    ),
    row(
        "of unknown size, then of a known one, and shorter once",
        in_turn(_UNKNOWN, cut_short(_BARE, 400), rest=wholes(_BARE)),
        _OLD,
    ),
    row(
        "of unknown size, then of a known one, larger than one part and shorter",
        in_turn(_UNKNOWN, rest=cut_short(bare(BIG), 250_000)),
        _EARLY,
        event=IN_TURN,
    ),
    row(
        "of a known size, then closed in good order before it",
        in_turn(_BARE.whole, rest=always(_CLOSE, OLD.content[:600], End.FIN)),
        _EARLY,
    ),
    row(
        "of a known size, then in fewer pieces",
        in_turn(_BARE.whole, rest=always(in_pieces("200 OK", OLD.content[:600]))),
        Stored(OLD.content[:600]),
        _EARLY,
    ),
]

HEADS = [
    row("closed without a byte, always", _ended(End.FIN), BROKEN_OFF),
    row("reset without a byte, always", _ended(End.RESET), BROKEN_OFF),
    row("closed without a byte, once", in_turn(End.FIN, rest=ranges(OLD)), _OLD),
    row("reset without a byte, once", in_turn(End.RESET, rest=ranges(OLD)), _OLD),
    row("cut in its head, always", _ended(OLD.whole_head[:60], End.FIN), NOT_HTTP),
    row(
        "cut in its head, once",
        in_turn(always(OLD.whole_head[:60], End.FIN), rest=ranges(OLD)),
        _OLD,
    ),
    row(
        "closed between two requests",
        in_turn(always(OLD.part((0, 1)), End.FIN), rest=ranges(OLD)),
        _OLD,
    ),
    row(
        "reset between two requests",
        in_turn(always(OLD.part((0, 1)), End.RESET), rest=ranges(OLD)),
        _OLD,
    ),
    row(
        "closed after each reply",
        lambda request: [*ranges(BIG)(request), End.FIN],
        _BIG,
        event=BY_PARTS,
    ),
]

RANGES = [
    row("a range that ends early each time", cut_short(OLD, 300), _OLD),
    row("a range that is reset each time", cut_short(OLD, 300, End.RESET), _OLD, BROKEN_OFF),
    row("a range of which no byte comes", cut_short(OLD, 0), BROKEN_OFF),
    row("parts that end early each time", cut_short(BIG, 60_000), _BIG, event=BY_PARTS),
    row(
        "parts of which no byte comes",
        cut_short(BIG, 0),
        BROKEN_OFF,
        event=BY_PARTS,
        at_most=120,
    ),
    row(
        "parts that are reset once",
        look_then(
            BIG.part((0, 1)),
            lambda request: list(
                (cut_short(BIG, 60_000, End.RESET) if request.number < 5 else ranges(BIG))(request)
            ),
        ),
        _BIG,
        event=BY_PARTS,
    ),
]

# RFC 9112 9.8: without close_notify only a body with a length, or a last piece, is complete.
OVER_TLS = [
    row("TLS, a length, complete", wholes(OLD), _OLD, tls=True),
    row("TLS, ranges", ranges(BIG), _BIG, event=BY_PARTS, tls=True),
    row("TLS, a length, complete, and cut", _ended(OLD.whole, End.CUT), _OLD, tls=True),
    row("TLS, a length, short with close_notify", cut_short(_BARE, 400), _EARLY, tls=True),
    row("TLS, a length, short and cut", cut_short(_BARE, 400, End.CUT), _EARLY, tls=True),
    row("TLS, a length, short and reset", cut_short(_BARE, 400, End.RESET), _EARLY, tls=True),
    row("TLS, no length, with close_notify", _ended(_CLOSE, OLD.content, End.FIN), _OLD, tls=True),
    row("TLS, no length, cut", _ended(_CLOSE, OLD.content[:400], End.CUT), _EARLY, tls=True),
    row("TLS, no length, cut with nothing read", _ended(_CLOSE, End.CUT), _EARLY, tls=True),
    row(
        "TLS, no length, larger than one part, cut",
        _ended(_CLOSE, BIG.content[:250_000], End.CUT),
        _EARLY,
        event=IN_TURN,
        tls=True,
    ),
    row(
        "TLS, HTTP/1.0, cut",
        _ended(b"HTTP/1.0 200 OK\r\n\r\n", OLD.content[:400], End.CUT),
        _EARLY,
        tls=True,
    ),
    row("TLS, pieces, complete and cut", _ended(_PIECES, End.CUT), _OLD, tls=True),
    row("TLS, pieces, no end, with close_notify", _ended(_PIECES[:-5], End.FIN), _EARLY, tls=True),
    row("TLS, pieces, no end, cut", _ended(_PIECES[:-5], End.CUT), _EARLY, tls=True),
    row("TLS, a range that is cut each time", cut_short(OLD, 300, End.CUT), _OLD, tls=True),
    row(
        "TLS, parts that are cut each time",
        cut_short(BIG, 60_000, End.CUT),
        _BIG,
        event=BY_PARTS,
        tls=True,
    ),
    row(
        "TLS, cut between two requests",
        in_turn(always(OLD.part((0, 1)), End.CUT), rest=ranges(OLD)),
        _OLD,
        tls=True,
    ),
    row("TLS, an empty file, and cut", _ended(File(b"").whole, End.CUT), Stored(b""), tls=True),
]

ROWS: list[Row] = [*RANGES_UNASKED, *WHOLE, *HEADS, *RANGES, *OVER_TLS]
