"""Reading the query of a request: numbers and pages."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web

from . import errors

T = TypeVar("T")

_USUAL_LIMIT = 20


def number(request: web.Request, name: str, default: int) -> int:
    """Return a parameter that is a number of digits only."""
    text = request.query.get(name) or str(default)
    if not text.isdecimal():
        raise errors.invalid_argument(f"{name} '{text}' is not a number")
    return int(text)


def page(request: web.Request, everything: list[T], most: int) -> tuple[list[T], str]:
    """Return the page that ``limit`` and ``nextToken`` ask for, and the token of the next one."""
    start, limit = number(request, "nextToken", 0), number(request, "limit", _USUAL_LIMIT)
    if not 1 <= limit <= most:
        raise errors.invalid_argument(f"limit {limit} is not within 1 and {most}")
    stop = start + limit
    return everything[start:stop], str(stop) if stop < len(everything) else ""
