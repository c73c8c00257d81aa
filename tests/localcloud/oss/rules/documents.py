"""XML in and out. Out without a namespace, because clients look tags up by their bare names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from email.utils import formatdate
from xml.etree import ElementTree as ET

from tests.localcloud.oss.rules.refusals import malformed_xml

# A tag with its text, or with the nodes inside it.
Node = tuple[str, str | Sequence["Node"]]


def render(node: Node) -> bytes:
    """Write a document."""
    text: str = ET.tostring(_element(node), "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def parse(body: bytes, root: str) -> ET.Element:
    """Read a document whose outermost tag is ``root``; namespaces are dropped."""
    try:
        document = ET.fromstring(body)
    except ET.ParseError:
        raise malformed_xml() from None
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


def _element(node: Node) -> ET.Element:
    tag, inside = node
    element = ET.Element(tag)
    if isinstance(inside, str):
        element.text = inside
    else:
        element.extend(_element(child) for child in inside)
    return element
