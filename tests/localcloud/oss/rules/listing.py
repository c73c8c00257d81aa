"""Pages of names: prefix, delimiter, marker and limit, for objects and for uploads alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.localcloud.oss.rules.refusals import invalid_argument

T = TypeVar("T")

MOST_PER_PAGE = 1000
_LONGEST = 1024
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """Something with a key, and an id where several have the same key."""

    key: str
    id: str
    item: T


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page. ``last`` is its last name, an entry's or a prefix's: the next starts after it."""

    entries: list[Entry[T]]
    prefixes: list[str]
    truncated: bool
    last: tuple[str, str]


def page(
    entries: Iterable[Entry[T]],
    *,
    prefix: str,
    delimiter: str,
    after: tuple[str, str],
    limit: int,
) -> Page[T]:
    """Return the first ``limit`` entries and common prefixes that come after ``after``.

    ``entries`` are sorted by key and id. A common prefix stands for all that it begins: it counts
    once, and a page that starts after it skips them all.
    """
    found: list[Entry[T]] = []
    prefixes: list[str] = []
    last = ("", "")
    for entry in entries:
        common = _common_prefix(entry.key, prefix, delimiter)
        if not entry.key.startswith(prefix) or _is_before(entry, common, after):
            continue
        if common is not None and common in prefixes[-1:]:
            continue
        if len(found) + len(prefixes) == limit:
            return Page(found, prefixes, True, last)
        if common is None:
            found.append(entry)
            last = (entry.key, entry.id)
        else:
            prefixes.append(common)
            last = (common, "")
    return Page(found, prefixes, False, last)


def after_key(key: str) -> tuple[str, str]:
    """Return the place after everything that has this key."""
    return (key, _LAST) if key else ("", "")


def check_names(**names: str) -> None:
    """Refuse a prefix, a delimiter or a marker that is longer than any name."""
    for name, text in names.items():
        if len(text.encode()) > _LONGEST:
            message = f"The specified {name} is too long."
            raise invalid_argument(message, name, text)


def read_limit(text: str | None, name: str, default: int, least: int = 1) -> int:
    """Read ``max-keys`` and its like."""
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit() and least <= int(text) <= MOST_PER_PAGE):
        message = f"Argument {name} must be an integer between {least} and {MOST_PER_PAGE}."
        raise invalid_argument(message, name, text)
    return int(text)


def _common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return key[: end + len(delimiter)] if end >= 0 else None


def _is_before(entry: Entry[T], common: str | None, after: tuple[str, str]) -> bool:
    if common is not None and common == after[0]:
        return True
    return (entry.key, entry.id) <= after
