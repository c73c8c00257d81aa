"""Status lines, and replies before the reply; RFC 9112 sections 2.2, 2.3 and 4, RFC 9110 15.2."""

from __future__ import annotations

from tests.hostile.framing import BODY, LENGTH, either, refuse, take

_REST = f"<LINES>Content-Length: {LENGTH}\r\n\r\n{BODY.decode()}"
_FINAL = f"HTTP/1.1 <STATUS>\r\n{_REST}"

SPELLINGS = [
    take("an ordinary reply", _FINAL),
    # A reason may be empty; the blank before it is often lost.
    take("no reason", f"HTTP/1.1 <CODE> \r\n{_REST}"),
    take("no reason and no blank", f"HTTP/1.1 <CODE>\r\n{_REST}"),
    take("a reason in Latin-1", f"HTTP/1.1 <STATUS> Gr\xfc\xdfe\r\n{_REST}"),
    take("HTTP/1.0 with a length", f"HTTP/1.0 <STATUS>\r\n{_REST}"),
    take(
        "HTTP/1.0 that ends with the connection", f"HTTP/1.0 <STATUS>\r\n<LINES>\r\n{BODY.decode()}"
    ),
    # RFC 9110 6.2: a minor version that is not known is to be read as the highest one that is.
    either("HTTP/1.2", f"HTTP/1.2 <STATUS>\r\n{_REST}"),
    refuse("HTTP/2.0 in text", f"HTTP/2.0 <STATUS>\r\n{_REST}"),
    refuse("HTTP/2 in text", f"HTTP/2 <STATUS>\r\n{_REST}"),
    refuse("HTTP/0.9 by name", f"HTTP/0.9 <STATUS>\r\n{_REST}"),
    refuse("HTTP/0.9 without a head", BODY.decode()),
    refuse("a version of two digits", f"HTTP/1.10 <STATUS>\r\n{_REST}"),
    refuse("a version in lower case", f"http/1.1 <STATUS>\r\n{_REST}"),
    refuse("a protocol of its own", f"ICY <STATUS>\r\n{_REST}"),
    refuse("no version", f"<STATUS>\r\n{_REST}"),
    refuse("no blank after the version", f"HTTP/1.1<STATUS>\r\n{_REST}"),
    refuse("a status of four digits", f"HTTP/1.1 2000 OK\r\n{_REST}"),
    refuse("a status of two digits", f"HTTP/1.1 20 OK\r\n{_REST}"),
    refuse("a status with a sign", f"HTTP/1.1 +20 OK\r\n{_REST}"),
    refuse("a status with a leading zero", f"HTTP/1.1 0200 OK\r\n{_REST}"),
    refuse("a status that is no number", f"HTTP/1.1 2OO OK\r\n{_REST}"),
    either("two blanks before the status", f"HTTP/1.1  <STATUS>\r\n{_REST}"),
    either("a tab before the status", f"HTTP/1.1\t<STATUS>\r\n{_REST}"),
    either("a blank before everything", f" {_FINAL}"),
    # Of the blank lines that RFC 9112 2.2 has a server pass over it says nothing for clients.
    either("a blank line before everything", f"\r\n{_FINAL}"),
    refuse("another protocol's greeting before everything", f"220 ready\r\n{_FINAL}"),
    refuse("nothing at all", ""),
    refuse("half a status line", "HTTP/1.1 20"),
    refuse("a status line, and no more", "HTTP/1.1 <STATUS>\r\n"),
    refuse("a head that never ends", f"HTTP/1.1 <STATUS>\r\n<LINES>Content-Length: {LENGTH}\r\n"),
    refuse(
        "a head that ends in its last line", f"HTTP/1.1 <STATUS>\r\n<LINES>Content-Length: {LENGTH}"
    ),
    # RFC 9110 15.2: a client must be able to parse replies before the final one, asked for or not.
    take("100 before the reply", f"HTTP/1.1 100 Continue\r\n\r\n{_FINAL}"),
    take("102 before the reply", f"HTTP/1.1 102 Processing\r\n\r\n{_FINAL}"),
    take("103 before the reply", f"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n{_FINAL}"),
    take("an unknown 1xx before the reply", f"HTTP/1.1 142 Wait\r\nX: y\r\n\r\n{_FINAL}"),
    take("several 1xx before the reply", "HTTP/1.1 102 Processing\r\n\r\n" * 5 + _FINAL),
    # A 1xx has no body, whatever it says: RFC 9112 6.3, rule 1.
    either("a 1xx with a length", f"HTTP/1.1 102 Processing\r\nContent-Length: 7\r\n\r\n{_FINAL}"),
    refuse(
        "a 1xx with a length that is no number",
        f"HTTP/1.1 102 Processing\r\nContent-Length: seven\r\n\r\n{_FINAL}",
    ),
    refuse("1xx, and no reply", "HTTP/1.1 102 Processing\r\n\r\n" * 3),
    refuse("101, which nobody asked for", f"HTTP/1.1 101 Switching Protocols\r\n{_REST}"),
    refuse("101 before the reply", f"HTTP/1.1 101 Switching Protocols\r\n\r\n{_FINAL}"),
    refuse(
        "101 with an upgrade",
        f"HTTP/1.1 101 OK\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{_FINAL}",
    ),
    refuse("204 with a body", f"HTTP/1.1 204 No Content\r\n{_REST}"),
    refuse("304 with a body", f"HTTP/1.1 304 Not Modified\r\n{_REST}"),
]
