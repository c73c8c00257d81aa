"""What the tests of lists share: reading bytes into what is easy to compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ossferry.lists.read import read_list
from ossferry.lists.rows import Naming, Row, Unreadable


def pieces(content: bytes, size: int = 1000) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def read(
    content: bytes | str,
    name: str = "list",
    *,
    prefix: str = "",
    naming: Naming | None = None,
    files: Mapping[str, bytes] | None = None,
    size: int = 1000,
) -> tuple[str, list[Row | Unreadable]]:
    """The format and all rows."""
    data = content.encode() if isinstance(content, str) else content
    rows = read_list(
        name,
        pieces(data, size),
        prefix=prefix,
        naming=naming,
        open_file=None if files is None else lambda key: pieces(files[key]),
    )
    return rows.format, list(rows)


def items(rows: list[Row | Unreadable]) -> list[tuple[int, str, str]]:
    """Number, URL and key of rows that all can be read."""
    assert [row for row in rows if isinstance(row, Unreadable)] == []
    return [
        (row.number, row.event["source_url"], row.event["target_object_name"])
        for row in rows
        if isinstance(row, Row)
    ]


def event(content: str, name: str = "list", **options: Any) -> Mapping[str, Any]:
    """The event of the only row."""
    _, (row,) = read(content, name, **options)
    assert isinstance(row, Row), row
    return row.event


def refused(content: str, name: str = "list", **options: Any) -> Unreadable:
    """The only row, which cannot be read."""
    _, (row,) = read(content, name, **options)
    assert isinstance(row, Unreadable), row
    return row
