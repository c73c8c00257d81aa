"""What a store of another cloud says in XML, two levels deep. Pure.

Who sends events may name any endpoint, so what is read may be written to do harm: a document that
declares anything, of which parsers make gigabytes, is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from xml.parsers import expat

_DEEPEST = 16


class NotXml(Exception):
    """It is no document of ours to read; never leaves this room."""


class Document(NamedTuple):
    """The texts below the root by their names, and those of each ``row`` below it by theirs."""

    name: str
    texts: Mapping[str, str]
    rows: tuple[Mapping[str, str], ...]


def read(text: bytes, row: str = "") -> Document:
    """``row`` is the name of what there are many of. Of names, what is before a colon is nobody's
    business."""
    reading = _Reading(row)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = reading.refuse
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, ValueError):
        raise NotXml from None
    return Document(reading.root, reading.texts, tuple(reading.rows))


class _Reading:
    def __init__(self, row: str) -> None:
        self._row = row
        self._open: list[str] = []
        self._pieces: list[str] = []
        self._into: dict[str, str] = {}
        self.root = ""
        self.texts: dict[str, str] = {}
        self.rows: list[dict[str, str]] = []

    def start(self, name: str, _: object) -> None:
        self._pieces.clear()
        self._open.append(name.rpartition(":")[2])
        if len(self._open) > _DEEPEST:
            raise NotXml
        if len(self._open) == 1:
            self.root = self._open[0]
        elif len(self._open) == 2:
            self._into = {}

    def end(self, _: str) -> None:
        name, text = self._open.pop(), "".join(self._pieces)
        self._pieces.clear()
        if len(self._open) == 2:
            self._into[name] = text
        elif len(self._open) == 1:
            if name == self._row:
                self.rows.append(self._into)
            else:
                self.texts[name] = text

    def text(self, text: str) -> None:
        self._pieces.append(text)

    def refuse(self, *_: object) -> None:
        raise NotXml
