"""Survivors that are no fault: what they change, nobody can tell, or nobody has to.

Each row: the file, its line before and after, and why. They are not run, and count as survivors.
"""

from __future__ import annotations

from typing import NamedTuple


class Explained(NamedTuple):
    path: str
    before: str
    after: str
    why: str


ROWS: tuple[Explained, ...] = ()
