"""Transfer-Encoding and its pieces; RFC 9112 sections 6.1, 6.3 and 7.1."""

from __future__ import annotations

from tests.hostile.framing import BODY, LENGTH, coded, either, in_raw_pieces, refuse, take
from tests.hostile.server import End

_TEXT = BODY.decode()
_CODED = "Transfer-Encoding: chunked"


def _first(size: str) -> str:
    """The whole body as one piece, whose size is spelt like this."""
    return in_raw_pieces(f"{size}\r\n{_TEXT}\r\n0\r\n\r\n")


def _last(raw: str) -> str:
    """The whole body as one good piece, and an end like this."""
    return in_raw_pieces(f"14\r\n{_TEXT}\r\n{raw}")


SPELLINGS = [
    take("one piece", coded(_CODED)),
    take(
        "pieces of one byte",
        in_raw_pieces("".join(f"1\r\n{letter}\r\n" for letter in _TEXT) + "0\r\n\r\n"),
    ),
    take("a coding with a trailing blank", coded("Transfer-Encoding: chunked ")),
    take("a coding between tabs", coded("Transfer-Encoding:\tchunked\t")),
    take("a coding in upper case", coded("TRANSFER-ENCODING: CHUNKED")),
    # Nobody asked for another coding (RFC 9110 10.1.4): what is in the pieces is not the source.
    refuse("gzip, chunked", coded("Transfer-Encoding: gzip, chunked")),
    refuse("gzip and chunked in two lines", coded("Transfer-Encoding: gzip", _CODED)),
    refuse("chunked, gzip", coded("Transfer-Encoding: chunked, gzip")),
    refuse("gzip alone", coded("Transfer-Encoding: gzip")),
    refuse("chunked, identity", coded("Transfer-Encoding: chunked, identity")),
    either("identity, chunked", coded("Transfer-Encoding: identity, chunked")),
    # RFC 9112 7.1: never more than once.
    refuse("chunked, chunked", coded("Transfer-Encoding: chunked, chunked")),
    refuse("chunked in two lines", coded(_CODED, _CODED)),
    refuse("a coding with a letter too many", coded("Transfer-Encoding: xchunked")),
    refuse("a coding with a letter too many at its end", coded("Transfer-Encoding: chunkedx")),
    refuse("a coding in quotes", coded('Transfer-Encoding: "chunked"')),
    refuse("an empty coding", coded("Transfer-Encoding:")),
    refuse("a coding with a parameter", coded("Transfer-Encoding: chunked;a=b")),
    either("an empty element before the coding", coded("Transfer-Encoding: , chunked")),
    refuse("a vertical tab before the coding", coded("Transfer-Encoding: \x0bchunked")),
    # RFC 9112 6.3, rule 3: the coding wins, and it ought to be an error.
    either("a coding and a length", coded(_CODED, f"Content-Length: {LENGTH}")),
    either("a length and a coding", coded("Content-Length: 5", _CODED)),
    # RFC 9112 6.1: in HTTP/1.0 the framing is faulty.
    either("a coding in HTTP/1.0", coded(_CODED).replace("HTTP/1.1", "HTTP/1.0")),
    take(
        "a size in capitals", in_raw_pieces(f"A\r\n{_TEXT[:10]}\r\na\r\n{_TEXT[10:]}\r\n0\r\n\r\n")
    ),
    take("a size with leading zeros", _first("0014")),
    take("a piece with an extension", _first("14;name=value")),
    take("a piece with an extension without a value", _first("14;name")),
    take("a piece with a quoted extension", _first('14;name="a;b"')),
    take("a last piece with an extension", _last("0;name=value\r\n\r\n")),
    take("a last piece of several zeros", _last("000\r\n\r\n")),
    either("blanks before an extension", _first("14 ; name=value")),
    either("an extension of 100 KiB", _first(f"14;name={'x' * 102_400}")),
    refuse("a size with a plus", _first("+14")),
    refuse("a size with a minus", _first("-14")),
    refuse("a size with an underscore", _first("1_4")),
    refuse("a size with a prefix", _first("0x14")),
    refuse("a size after a blank", _first(" 14")),
    either("a size before a blank", _first("14 ")),
    refuse("a size with a blank inside", _first("1 4")),
    refuse("an empty size", _first("")),
    refuse("a size of words", _first("twenty")),
    refuse("a size and a comma", _first("14,name=value")),
    refuse("a size that overflows 64 bits", _first("10000000000000014")),
    refuse("a size of a hundred digits", _first("0" * 50 + "f" * 50)),
    refuse("a bare LF after a size", in_raw_pieces(f"14\n{_TEXT}\r\n0\r\n\r\n")),
    refuse("a bare CR after a size", in_raw_pieces(f"14\r{_TEXT}\r\n0\r\n\r\n")),
    refuse("a bare LF in an extension", in_raw_pieces(f"14;a\n{_TEXT}\r\n0\r\n\r\n")),
    refuse("a bare LF after a piece", in_raw_pieces(f"14\r\n{_TEXT}\n0\r\n\r\n")),
    refuse("no end of line after a piece", in_raw_pieces(f"14\r\n{_TEXT}0\r\n\r\n")),
    refuse("two other bytes after a piece", in_raw_pieces(f"14\r\n{_TEXT}xx0\r\n\r\n")),
    refuse("a piece that is longer than its size", in_raw_pieces(f"13\r\n{_TEXT}\r\n0\r\n\r\n")),
    refuse("a piece that is shorter than its size", in_raw_pieces(f"15\r\n{_TEXT}\r\n0\r\n\r\n")),
    refuse("a cut in the first size", in_raw_pieces("1")),
    refuse("a cut inside a piece", in_raw_pieces(f"14\r\n{_TEXT[:7]}")),
    refuse("a cut after a piece", in_raw_pieces(f"14\r\n{_TEXT}")),
    refuse("no last piece", in_raw_pieces(f"14\r\n{_TEXT}\r\n")),
    refuse("a reset instead of the last piece", in_raw_pieces(f"14\r\n{_TEXT}\r\n"), End.RESET),
    refuse("half a last piece", _last("0")),
    refuse("a last piece without its line end", _last("0\r")),
    refuse("a last piece without the blank line", _last("0\r\n")),
    refuse("half the blank line at the end", _last("0\r\n\r")),
    take("fields after the last piece", _last('0\r\nX-Name: value\r\nETag: "other"\r\n\r\n')),
    # RFC 9110 6.5.1: what frames a body has no meaning after it.
    either("a length after the last piece", _last("0\r\nContent-Length: 5\r\n\r\n")),
    refuse("fields after the last piece that never end", _last("0\r\nX-Name: value\r\n")),
    refuse("a line without a colon after the last piece", _last("0\r\nthis is no header\r\n\r\n")),
    take("more after the last piece", _last("0\r\n\r\nand more")),
    refuse("a body without pieces", in_raw_pieces(_TEXT)),
]
