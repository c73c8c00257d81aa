"""How anything is said: keys and sentences that others wrote are shown, and never obeyed.

A terminal takes some characters for commands: they move its cursor, rename its window or fill its
clipboard, and others turn the order of a line around. All of them are written as JSON writes them,
so that a document in JSON stays the same one.
"""

from __future__ import annotations

import json
import sys


def say(text: str, *, err: bool = False) -> None:
    """A line on stdout, or on stderr."""
    print(visible(text), file=sys.stderr if err else sys.stdout, flush=True)


def visible(text: str) -> str:
    """Without what is no visible character, but for ends of lines."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each == "\n" else _named(each) for each in text)


def _named(character: str) -> str:
    return json.dumps(character)[1:-1]
