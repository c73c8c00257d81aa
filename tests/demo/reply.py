"""The function's reply for people: a screenful, without what is zero or empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from .step import size_of

_RATE = "_bytes_per_second"
_CUT = ("source.url", "object.key")  # may be very long, and their beginning says which they are


def table_of(reply: Mapping[str, Any]) -> Table:
    """Return a row for each text, and one for numbers that belong together."""
    table = Table(
        title="The reply, without what is zero or empty:",
        title_justify="left",
        title_style="",
        show_header=False,
        box=None,
        pad_edge=False,
    )
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in reply.items():
        for field, text in _rows(name, value):
            table.add_row(field, _cell(field, text))
    return table


def _cell(field: str, text: str) -> Text:
    return Text(text, no_wrap=True, overflow="crop") if field in _CUT else Text(text)


def _rows(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        told = {key: inner for key, inner in value.items() if _says_something(inner)}
        if name == "pace" or all(isinstance(inner, int | float) for inner in told.values()):
            yield from _row(name, ", ".join(_short(key, told[key]) for key in told))
        else:
            for key, inner in told.items():
                yield from _rows(f"{name}.{key}", inner)
    elif isinstance(value, list):
        yield from _row(name, ", ".join(map(str, value)))
    elif _says_something(value):
        yield name, _long(name, value)


def _row(name: str, text: str) -> Iterator[tuple[str, str]]:
    if text:
        yield name, text


def _says_something(value: Any) -> bool:
    return bool(round(value, 2) if isinstance(value, float) else value)


def _short(name: str, value: Any) -> str:
    if name == "size":
        return f"{name} {size_of(value)}"
    if name.endswith(_RATE):
        return f"{name.removesuffix(_RATE)} {size_of(value)}/s"
    return f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}"


def _long(name: str, value: Any) -> str:
    if name == "bytes_per_second":
        return f"{value} ({size_of(value)}/s)"
    return f"{value} ({size_of(value)})" if name.endswith(".size") else str(value)
