"""Content-Length, and bodies that end with the connection; RFC 9110 section 8.6, RFC 9112 6.3."""

from __future__ import annotations

from tests.hostile.framing import BODY, LENGTH, Right, either, refuse, take, with_lines, with_only
from tests.hostile.server import End

_LENGTH = f"Content-Length: {LENGTH}"

SPELLINGS = [
    take("a length in lower case", with_only(f"content-length: {LENGTH}")),
    take("a length among blanks", with_only(f"Content-Length: \t{LENGTH} ")),
    either("a length with leading zeros", with_only(f"Content-Length: 000{LENGTH}")),
    # Duplicates of one value may be refused or taken for one; different ones are an error.
    either("a length twice", with_lines(_LENGTH)),
    either("a list of equal lengths", with_only(f"Content-Length: {LENGTH}, {LENGTH}")),
    refuse("two lengths, the right one last", with_lines("Content-Length: 5")),
    refuse("two lengths, the right one first", with_only(_LENGTH, "Content-Length: 5")),
    refuse("two lengths, one of them zero", with_only("Content-Length: 0", _LENGTH)),
    refuse("two lengths, one of them nonsense", with_only(_LENGTH, "Content-Length: x")),
    refuse("a list of different lengths", with_only(f"Content-Length: {LENGTH}, 5")),
    refuse("a length with a plus", with_only(f"Content-Length: +{LENGTH}")),
    refuse("a length with a minus", with_only(f"Content-Length: -{LENGTH}")),
    refuse("a length with an underscore", with_only("Content-Length: 2_0")),
    refuse("a length with a blank inside", with_only("Content-Length: 2 0")),
    refuse("a length in hexadecimal", with_only("Content-Length: 0x14")),
    refuse("a length with a fraction", with_only("Content-Length: 20.0")),
    refuse("a length with an exponent", with_only("Content-Length: 2e1")),
    refuse("a length in quotes", with_only('Content-Length: "20"')),
    refuse("a length with a parameter", with_only("Content-Length: 20;a=b")),
    refuse("a length in other digits", with_only("Content-Length: \xb2\xb0")),
    refuse("an empty length", with_only("Content-Length:")),
    refuse("a length of words", with_only("Content-Length: twenty")),
    refuse("a length that overflows 64 bits", with_only(f"Content-Length: {2**64 + LENGTH}")),
    refuse("a length of a hundred digits", with_only(f"Content-Length: {'9' * 100}")),
    refuse("a length of ten thousand digits", with_only(f"Content-Length: {'9' * 10_000}")),
    refuse("a body that is shorter than its length", with_only("Content-Length: 21")),
    refuse("a body that is reset before its length", with_only("Content-Length: 9999"), End.RESET),
    refuse("no byte of a body", with_only(_LENGTH, body="")),
    # RFC 9112 6.3: what comes after a body belongs to nobody.
    take("more than the length says", with_only(_LENGTH, body=f"{BODY.decode()}and more")),
    take(
        "another reply after the body",
        with_only(
            _LENGTH,
            body=f"{BODY.decode()}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        ),
    ),
    take("a body that ends with the connection", with_only("Connection: close")),
    take("a body that ends with the connection, which was to be kept", with_only("X: y")),
    refuse(
        "a body that ends with a reset",
        with_only("Connection: close"),
        End.RESET,
        of_part=Right.EITHER,
    ),
]
