"""CSV (RFC 4180), whose records may run over lines; and lists in it as rclone's copyurl reads them.

A quote that nobody closes costs its own line only, not all that follow.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from .keys import Prefixed, source
from .lines import LONGEST, Line
from .rows import Row, Unfit, Unreadable


class Record(NamedTuple):
    number: int  # of the line on which it begins
    fields: list[str]


def csv_rows(lines: Iterator[Line | Unreadable], keys: Prefixed) -> Iterator[Row | Unreadable]:
    """URL[,key]: further columns are somebody else's; a missing key is the URL's own."""
    for record in records(lines):
        if isinstance(record, Unreadable):
            yield record
            continue
        number, fields = record
        try:
            url = source(fields[0])
            key = keys.given(fields[1]) if len(fields) > 1 and fields[1] else keys.of(url)
        except Unfit as unfit:
            yield unfit.at(number)
        else:
            yield Row(number, {"source_url": url, "target_object_name": key})


def records(lines: Iterator[Line | Unreadable]) -> Iterator[Record | Unreadable]:
    again: deque[Line | Unreadable] = deque()
    while True:
        line = again.popleft() if again else next(lines, None)
        if line is None:
            return
        if isinstance(line, Unreadable):
            yield line
            continue
        number, text = line
        if '"' not in text:
            text = text[:-1] if text[-1:] == "\r" else text
            if text and not text.isspace():
                yield Record(number, text.split(","))
            continue
        fields = _quoted(text)
        if fields is None:
            fields, others = _over_lines(text, again, lines)
            again.extendleft(reversed(others))
        yield (
            Record(number, fields)
            if fields
            else Unreadable(
                number,
                "the row's quotes do not match: quote a field as a whole, and double those in it",
            )
        )


def _quoted(text: str) -> list[str] | None:
    """The fields of a record on one line; None if it goes on, or is none."""
    text = text[:-1] if text[-1:] == "\r" else text
    fields = text[1:-1].split('","')
    if text[0] == text[-1] == '"' and text.count('"') == 2 * len(fields) and len(text) > 1:
        return fields  # all are quoted, and no quote is in one: most lists that quote at all
    return _parsed([text]) if text.count('"') % 2 == 0 else None


def _over_lines(
    text: str, again: deque[Line | Unreadable], lines: Iterator[Line | Unreadable]
) -> tuple[list[str] | None, list[Line | Unreadable]]:
    """A record from its first line on, and the lines that were looked at in vain."""
    others: list[Line | Unreadable] = []
    texts, length = [text], len(text)
    while length <= LONGEST:
        line = again.popleft() if again else next(lines, None)
        if line is None:
            break
        others.append(line)
        if isinstance(line, Unreadable):
            break
        texts.append(line[1])
        length += len(line[1]) + 1
        if line[1].count('"') % 2:
            if fields := _parsed(texts):
                return fields, []
            break
    # Nothing closes it. In a field that is not quoted, a quote may mean itself.
    return _parsed([text]), others


def _parsed(texts: list[str]) -> list[str] | None:
    """The fields, if the lines are one record. A carriage return before its end is not in it."""
    try:
        found = list(csv.reader([f"{each}\n" for each in texts], strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None
