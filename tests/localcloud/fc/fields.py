"""Reading the fields of a document that somebody wrote: each complaint is one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .template import InvalidTemplate


def mapping(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a field that is a mapping; one that is missing or empty has nothing in it."""
    value = document.get(name) or {}
    if not isinstance(value, Mapping):
        raise InvalidTemplate(f"{name}: {value!r} is no mapping")
    return value


def sequence(document: Mapping[str, Any], name: str) -> list[Any]:
    """Return a field that is a list; one that is missing or empty has nothing in it."""
    value = document.get(name) or []
    if not isinstance(value, list):
        raise InvalidTemplate(f"{name}: {value!r} is no list")
    return value


def text(document: Mapping[str, Any], name: str) -> str:
    """Return a field that has to be there, and holds a text or what can be written as one."""
    value = document.get(name)
    if value is None or value == "":
        raise InvalidTemplate(f"{name}: missing")
    if not isinstance(value, str | int | float):
        raise InvalidTemplate(f"{name}: {value!r} is no text")
    return str(value)


def number(document: Mapping[str, Any], name: str, default: float) -> float:
    """Return a number; a variable of the environment brings it as a text."""
    value = document.get(name)
    try:
        return float(default if value is None else value)
    except (TypeError, ValueError):
        raise InvalidTemplate(f"{name}: {value!r} is no number") from None
