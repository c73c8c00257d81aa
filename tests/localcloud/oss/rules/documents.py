"""XML in and out. Out without a namespace, because clients look tags up by their bare names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timezone
from email.utils import formatdate
from xml.etree import ElementTree as ET

from tests.localcloud.oss.rules.refusals import malformed_xml

# A tag with its text, or with the nodes inside it.
Node = tuple[str, str | Sequence["Node"]]


# What XML 1.0 cannot hold, not even as a reference.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]+)|([0-9]+));")


def render(node: Node) -> bytes:
    """Write a document that any parser takes.

    A name with a character that XML cannot hold is told with U+FFFD in its place: whoever wants
    such names asks for ``encoding-type=url``. What the service writes there is not documented.
    """
    text: str = ET.tostring(_element(node), "unicode")
    text = _FORBIDDEN.sub("\ufffd", text).replace("\r", "&#13;")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def parse(body: bytes, root: str) -> ET.Element:
    """Read a document whose outermost tag is ``root``; namespaces are dropped.

    Control characters are taken as they are and as references, though neither is XML: that is how
    SDKs name the keys to delete, and oss2's own tests expect them to be deleted.
    """
    try:
        text, escaped = _escaped(body.decode("utf-8-sig"))
        document = ET.fromstring(text)
    except (ET.ParseError, UnicodeDecodeError):
        raise malformed_xml() from None
    if escaped:
        for element in document.iter():
            element.text = (element.text or "").translate(escaped)
    for element in document.iter():
        element.tag = element.tag.rpartition("}")[2]
    if document.tag != root:
        raise malformed_xml()
    return document


def text(element: ET.Element, path: str) -> str:
    """Return the text of a tag that has to be there."""
    found = element.find(path)
    if found is None:
        raise malformed_xml()
    return found.text or ""


def iso_time(moment: float) -> str:
    """Write a time as lists have it: always with ``.000Z``, which clients insist on."""
    return datetime.fromtimestamp(int(moment), timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def http_time(moment: float) -> str:
    """Write a time as headers have it."""
    return formatdate(int(moment), usegmt=True)


def _escaped(text: str) -> tuple[str, dict[int, str]]:
    """Replace what a parser refuses by characters that are not in the text; return the way back."""
    text = _REFERENCE.sub(_plain, text)
    found = set(_FORBIDDEN.findall(text))
    if "\r" in text:
        # A parser takes it, but as another character.
        found.add("\r")
    unused = (code for code in range(0x10FFFD, 0xFFFFF, -1) if chr(code) not in text)
    there = {ord(character): next(unused) for character in found}
    return text.translate(there), {code: chr(old) for old, code in there.items()}


def _plain(reference: re.Match[str]) -> str:
    """Return a forbidden character for its reference; leave any other reference alone."""
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    is_character = code < 0xD800 or 0xDFFF < code < 0x110000
    return chr(code) if is_character and _FORBIDDEN.match(chr(code)) else reference[0]


def _element(node: Node) -> ET.Element:
    tag, inside = node
    element = ET.Element(tag)
    if isinstance(inside, str):
        element.text = inside
    else:
        element.extend(_element(child) for child in inside)
    return element
