"""Lists of a URL per line: alone, with a key after a TAB, or as Google's transfers read them.

Most lists of millions are these, so what happens per line is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .keys import Prefixed, source
from .lines import Line
from .rows import Row, Unfit, Unreadable

GOOGLE = "TsvHttpData-1.0"

_URL = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://")
_SIZE = re.compile(r"[0-9]{1,16}")
MD5 = re.compile(r"[A-Za-z0-9+/]{22}==")


def url_rows(lines: Iterator[Line | Unreadable], keys: Prefixed) -> Iterator[Row | Unreadable]:
    """URL, or URL<TAB>key, one per line; blank lines and those that begin with # are nobody's."""
    for line in lines:
        if isinstance(line, Unreadable):
            yield line
            continue
        number, text = line
        first, tab, name = text.partition("\t")
        if first[:1] == "#" or not text or text.isspace():
            continue
        try:
            url = source(first)
            key = keys.given(_key(name)) if tab else keys.of(url)
        except Unfit as unfit:
            yield unfit.at(number)
        else:
            yield Row(number, {"source_url": url, "target_object_name": key})


def google_rows(lines: Iterator[Line | Unreadable], keys: Prefixed) -> Iterator[Row | Unreadable]:
    """Storage Transfer Service's URL list: URL, size and base64 MD5, of which the last two may
    be missing."""
    for line in lines:
        if isinstance(line, Unreadable):
            yield line
            continue
        number, text = line
        if text.strip() == GOOGLE or not text or text.isspace():
            continue
        first, *others = text.split("\t")
        try:
            url = source(first)
            event = {"source_url": url, "target_object_name": keys.of(url), **_known(others)}
        except Unfit as unfit:
            yield unfit.at(number)
        else:
            yield Row(number, event)


def size(text: str) -> int:
    if not _SIZE.fullmatch(text):
        raise Unfit("the size is no number of bytes: give one, or leave it empty")
    return int(text)


def _key(text: str) -> str:
    name = text[:-1] if text[-1:] == "\r" else text
    if "\t" in name or _URL.match(name):
        if any(_URL.match(each) for each in name.split("\t")):
            raise Unfit("the row names several URLs of one file: keep one, and its key after a TAB")
        raise Unfit("the row has more than a URL and a key: keep those two")
    return name


def _known(columns: list[str]) -> dict[str, Any]:
    if len(columns) > 2:
        raise Unfit("the row has more than a URL, a size and an MD5: keep those three")
    length, md5 = (each.strip() for each in (*columns, "", "")[:2])
    if md5 and not MD5.fullmatch(md5):
        raise Unfit("the MD5 is not 16 bytes in base64: give it so, or leave it empty")
    known: dict[str, Any] = {"expected_size": size(length)} if length else {}
    return known | ({"expected_md5": md5} if md5 else {})
