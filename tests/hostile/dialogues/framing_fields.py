"""Header lines; RFC 9112 sections 2.2 and 5, RFC 9110 section 5.5."""

from __future__ import annotations

from tests.hostile.framing import BODY, LENGTH, either, refuse, take, with_lines, with_only

_LENGTH = f"Content-Length: {LENGTH}"
_BARE = "HTTP/1.1 <STATUS>\n<LINES>" + f"{_LENGTH}\n\n{BODY.decode()}"

SPELLINGS = [
    # A line without a colon ends no head and begins no body, whatever stands before or after it.
    refuse("a line without a colon", with_lines("this is no header")),
    refuse("a line without a colon after the length", with_only(_LENGTH, "this is no header")),
    refuse(
        "a line without a colon, then pieces",
        with_only("none", "Transfer-Encoding: chunked", body=f"14\r\n{BODY.decode()}\r\n0\r\n\r\n"),
    ),
    refuse(
        "a line of nothing but a word, without a length", with_only("oops", "Connection: close")
    ),
    refuse("a status line among the headers", with_lines("HTTP/1.1 200 OK")),
    refuse("a header without a name", with_lines(": value")),
    # RFC 9112 5.1: no blank before the colon. A proxy would remove it, a client may not guess.
    either("a blank before the colon", with_lines("X-Name : value")),
    either("a blank before the colon of the length", with_only(f"Content-Length : {LENGTH}")),
    either(
        "a tab before the colon of the coding",
        with_only("Transfer-Encoding\t: chunked", body=f"14\r\n{BODY.decode()}\r\n0\r\n\r\n"),
    ),
    either("a blank inside a name", with_lines("X Name: value")),
    either("a bracket in a name", with_lines("X(Name): value")),
    either("a name in Latin-1", with_lines("X-N\xe4me: value")),
    refuse("NUL in a name", with_lines("X-\0: value")),
    refuse("NUL in a value", with_lines("X-Name: a\0b")),
    either("another control character in a value", with_lines("X-Name: a\x01b")),
    either("DEL in a value", with_lines("X-Name: a\x7fb")),
    take("Latin-1 in a value", with_lines("X-Name: Gr\xfc\xdfe")),
    take("UTF-8 in a value", with_lines("X-Name: \u00c3\u00bc")),
    take("an empty value", with_lines("X-Name:")),
    take("no blank after a colon", with_only(f"Content-Length:{LENGTH}")),
    take("blanks and tabs around a value", with_lines("X-Name: \t value \t ")),
    # RFC 9112 5.2: a user agent must replace a fold by blanks; it may not refuse it.
    take("a folded value", with_lines("X-Name: one", "  two", "\tthree")),
    either("a folded length", with_only("Content-Length:", f" {LENGTH}")),
    either("a length that is folded in its middle", with_only("Content-Length: 2", " 0")),
    either("a fold that holds another length", with_lines("X-Name: one", " Content-Length: 5")),
    either(
        "a fold before the first header",
        f"HTTP/1.1 <STATUS>\r\n Content-Length: 5\r\n<LINES>{_LENGTH}\r\n\r\n{BODY.decode()}",
    ),
    either("a line of blanks", with_lines("X-Name: one", "  ")),
    # RFC 9112 2.2: a bare CR is never the end of a line: an error, or a blank.
    either("a bare CR in a value", with_lines("X-Name: a\rb")),
    either("a bare CR before another length", with_lines("X-Name: a\rContent-Length: 5")),
    either("a bare CR before another coding", with_lines("X-Name: a\rTransfer-Encoding: chunked")),
    either("bare CRs that would end the head", with_lines("X-Name: a\r\rb")),
    refuse("a bare CR before the end of a line", with_only(f"{_LENGTH}\r")),
    refuse(
        "CR alone as the end of each line",
        f"HTTP/1.1 <STATUS>\r<LINES>{_LENGTH}\r\r{BODY.decode()}",
    ),
    # ... and a bare LF may be taken for one.
    either("bare LF everywhere", _BARE.replace("<LINES>", "")),
    either(
        "a bare LF after the status line",
        f"HTTP/1.1 <STATUS>\n<LINES>{_LENGTH}\r\n\r\n{BODY.decode()}",
    ),
    either(
        "a bare LF after a header", f"HTTP/1.1 <STATUS>\r\n<LINES>{_LENGTH}\n\r\n{BODY.decode()}"
    ),
    either(
        "a bare LF that ends the head",
        f"HTTP/1.1 <STATUS>\r\n<LINES>{_LENGTH}\r\n\n{BODY.decode()}",
    ),
    take("a hundred and fifty headers", with_lines(*(f"X-Name-{n}: {n}" for n in range(150)))),
    take("one header a hundred and fifty times", with_lines(*["Set-Cookie: a=b"] * 150)),
    # RFC 9112 3 and 9110 5.4: a limit is allowed, a wrong body is not.
    either("ten thousand headers", with_lines(*(f"X-Name-{n}: {n}" for n in range(10_000)))),
    either("a header of 64 KiB", with_lines(f"X-Name: {'x' * 65536}")),
    either("a header of 60 KiB after the length", with_only(_LENGTH, f"X-Name: {'x' * 61440}")),
    either(
        "a reason of 64 KiB",
        f"HTTP/1.1 <STATUS> {'x' * 65536}\r\n<LINES>{_LENGTH}\r\n\r\n{BODY.decode()}",
    ),
]
