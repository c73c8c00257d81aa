"""What is known of the targets: two listings side by side, and what that says of a source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from ..entries import Entry

Overwrite = Literal["different", "newer", "always", "never"]
Verdict = Literal["copy", "same", "keep", "ask"]

_MD5 = re.compile("[0-9A-F]{32}")


def beside(
    sources: Iterable[Entry], targets: Iterator[Entry], source_prefix: str, target_prefix: str
) -> Iterator[tuple[Entry, Entry | None]]:
    """Each source, and what has the same name behind the other prefix, or None.

    Both are in the order of their keys, as listings are, and gone through once; no more of
    ``targets`` is taken than that asks for.
    """
    behind_source, behind_target = len(source_prefix), len(target_prefix)
    target = next(targets, None)
    for source in sources:
        name = source.key[behind_source:]
        while target is not None and target.key[behind_target:] < name:
            target = next(targets, None)
        there = target is not None and target.key[behind_target:] == name
        yield source, target if there else None


def verdict(source: Entry, target: Entry | None, overwrite: Overwrite) -> Verdict:
    """What is to be done about a source.

    ``same`` is proven, ``keep`` is by what was asked for; ``ask`` is for somebody who looks at the
    CRC64 of both, which no listing has.
    """
    if target is None or overwrite == "always":
        return "copy"
    if overwrite == "never":
        return "keep"
    if overwrite == "newer":
        return "copy" if source.modified > target.modified else "keep"
    if source.size != target.size:
        return "copy"
    md5 = _md5(source)
    return "same" if md5 and md5 == _md5(target) else "ask"


def _md5(entry: Entry) -> str:
    """The MD5 of the content, "" where the ETag is none: only what one request wrote has it."""
    etag = entry.etag.upper()
    return etag if entry.type == "Normal" and _MD5.fullmatch(etag) else ""
