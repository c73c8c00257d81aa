"""Fields of verbs, as events have them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from ..asked.sources import address_of
from ..problems import Misuse

Overwrite: TypeAlias = Literal["different", "newer", "always", "never"]
Naming: TypeAlias = Literal["name", "path", "host"]
Tier: TypeAlias = Literal["Expedited", "Standard", "Bulk"]


def addresses(sources: str | Iterable[str] | None) -> tuple[str, ...]:
    """Of one or several sources, or of none."""
    if sources is None:
        return ()
    return tuple(map(address_of, texts(sources)))


def selection(include: Iterable[str], exclude: Iterable[str]) -> dict[str, Any]:
    said = {"include": list(texts(include)), "exclude": list(texts(exclude))}
    return {name: patterns for name, patterns in said.items() if patterns}


def texts(given: Iterable[str]) -> tuple[str, ...]:
    """One text is not its letters."""
    return (given,) if isinstance(given, str) else tuple(given)


def terms(days: int | None, tier: str | None, confirm_above: int | str | None) -> dict[str, Any]:
    """Of a restore."""
    said = {"days": days, "tier": tier, "confirm_above": count(confirm_above)}
    return {name: value for name, value in said.items() if value is not None}


def terms_of_copy(said: dict[str, Any], thaw: bool) -> dict[str, Any]:
    if said and not thaw:
        raise Misuse(f"--{next(iter(said)).replace('_', '-')} is for --thaw: add that")
    return said


def count(said: int | str | None) -> int | str | None:
    """A count is a number in an event, a share or bytes are text."""
    return int(said) if isinstance(said, str) and said.isdecimal() else said
