"""Which format a list has, by its content first and its name second, and its rows.

Nothing is guessed that would read a URL or a key wrongly: where both ways are possible, the list's
name has to say which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from ..errors import InvalidEvent
from .keys import SCHEMES, Prefixed, checked
from .lines import LONGEST, lines
from .manifests import is_manifest, manifest_of, manifest_rows
from .objects import document, json_rows
from .plain import GOOGLE, google_rows, url_rows
from .rows import Naming, Open, Rows
from .tables import csv_rows
from .unpack import unpacked

_READERS = {
    "urls": url_rows,
    "tsv": url_rows,
    "google": google_rows,
    "csv": csv_rows,
    "jsonl": json_rows,
}
_ENDINGS = {
    ".urls": "urls",
    ".txt": "urls",
    ".tsv": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_LARGEST_MANIFEST = 16 * 1024 * 1024
_NO_LINES = "the list is JSON, but no manifest: give one item per line (JSON lines)"
_BOM = b"\xef\xbb\xbf"


class _Begun(NamedTuple):
    """The beginning of a stream: as much as was asked for, and more if it has that."""

    start: bytes
    whole: bool  # nothing comes after it
    all: Iterator[bytes]  # the stream from its beginning


def read_list(
    name: str,
    content: Iterator[bytes],
    *,
    prefix: str = "",
    naming: Naming | None = None,
    open_file: Open | None = None,
) -> Rows:
    """Read ``content``, which may be packed with gzip; ``name`` is the list's key or path.

    Raises ``InvalidEvent`` for what is no list. ``naming`` is for rows that have no key: the
    URL's last name, but for Google's lists, which are all host and path.
    """
    checked(prefix)
    begun = _begin(unpacked(content), LONGEST)
    texts = _texts(begun)
    if texts[0][0] in "{[":
        manifest, begun = _manifest(name, begun, texts[0])
        if manifest is not None:
            return _of_manifest(manifest, Prefixed(prefix, naming or "name"), open_file)
        format = "jsonl"
    elif texts[0] == GOOGLE:
        format = "google"
    else:
        format = _of_urls(name, texts)
    keys = Prefixed(prefix, naming or ("host" if format == "google" else "name"))
    return Rows(format, _READERS[format](lines(begun.all), keys))


def _of_manifest(document: Mapping[str, Any], keys: Prefixed, open_file: Open | None) -> Rows:
    manifest = manifest_of(document)
    if open_file is None:
        raise InvalidEvent("a manifest's files are found in its bucket only: put the list into one")
    return Rows(manifest.format, manifest_rows(manifest, open_file, keys))


def _begin(content: Iterable[bytes], enough: int) -> _Begun:
    """Read until there is more than enough, so that what is seen does not depend on pieces."""
    pieces: list[bytes] = []
    rest = iter(content)
    size = 0
    while size <= enough:
        try:
            piece = next(rest, None)
        except InvalidEvent as error:  # damaged, which is told once what came before is read
            if b"\n" not in b"".join(pieces):
                raise
            return _Begun(b"".join(pieces)[:enough], False, chain(pieces, _raising(error)))
        if piece is None:
            return _Begun(b"".join(pieces), True, iter(pieces))
        pieces.append(piece)
        size += len(piece)
    return _Begun(b"".join(pieces)[:enough], False, chain(pieces, rest))


def _raising(error: InvalidEvent) -> Iterator[bytes]:
    raise error
    yield  # which makes it an iterator


def _texts(begun: _Begun) -> list[str]:
    """The first lines that say anything, without blanks around them; at least one."""
    start = begun.start.removeprefix(_BOM)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidEvent("the list is UTF-16: save it as UTF-8")
    if b"\0" in start:
        raise InvalidEvent("the list is binary: give one of text, or of text packed with gzip")
    texts = start.decode(errors="replace").split("\n")
    if len(texts) > 1 and not begun.whole:
        texts.pop()  # it may go on
    found = [text.strip() for text in texts if text[:1] != "#" and text.strip()]
    if found:
        return found
    if begun.whole:
        raise InvalidEvent("the list is empty: give it a row")
    raise InvalidEvent("the list begins with nothing but comments or blanks: leave them out")


def _manifest(name: str, begun: _Begun, first: str) -> tuple[Mapping[str, Any] | None, _Begun]:
    """The manifest, if the list is one; and the list from its beginning."""
    if first[0] == "[":
        raise InvalidEvent(_NO_LINES)
    alone = document(first)
    if alone is not None and is_manifest(alone):
        return alone, begun
    if alone is not None or '"source_url"' in first or _hint(name) == "jsonl":
        return None, begun
    begun = _begin(begun.all, _LARGEST_MANIFEST)
    whole = document(begun.start.removeprefix(_BOM).decode(errors="replace"))
    if whole is not None and is_manifest(whole):
        return whole, begun
    if whole is not None:
        raise InvalidEvent(_NO_LINES)
    if name.endswith(".json"):
        raise InvalidEvent("the manifest is no JSON: write it again")
    return None, begun


def _of_urls(name: str, texts: list[str]) -> str:
    hint = _hint(name)
    rows = [text for text in texts if text.lstrip('"').lower().startswith(SCHEMES)]
    if not rows:
        if hint is None:
            raise InvalidEvent(
                "the list is of no known format: give a URL per line, or CSV, JSON lines, a"
                " manifest"
            )
        return hint
    if rows[0][0] == '"':
        return "csv"
    first, tab, _ = rows[0].partition("\t")
    if tab and (hint != "csv" or "," not in first):  # in CSV, a key can have a TAB
        return "tsv"
    if hint in ("urls", "tsv", "csv"):
        return hint
    return _without_hint(rows)


def _without_hint(rows: list[str]) -> str:
    if any("\t" in row for row in rows):
        return "tsv"
    if any(row[0] == '"' for row in rows):
        return "csv"
    if any("," in row for row in rows):
        # Read as CSV, a URL with a comma would be cut short and still be one.
        raise InvalidEvent(
            "the list may be CSV, or URLs with commas: let its name end with .csv or .urls"
        )
    return "urls"


def _hint(name: str) -> str | None:
    plain = name.lower().removesuffix(".gz")
    return next((format for end, format in _ENDINGS.items() if plain.endswith(end)), None)
