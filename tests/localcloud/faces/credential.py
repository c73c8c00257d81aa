"""Who may ask a face, and what of a request matters to whoever checks its signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus


@dataclass(frozen=True, slots=True)
class Credential:
    """One pair of keys; temporary ones have a token and an end (epoch seconds)."""

    id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)
    expires: float | None = None
    # Only these buckets; None: all.
    buckets: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it came: nothing of its target is decoded, header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    def parameters(self) -> list[tuple[str, str]]:
        """Return the parameters decoded, in their order; a plus sign is a plus sign."""
        pairs = (each.partition("=") for each in self.query.split("&") if each)
        return [(unquote(name), unquote(value)) for name, _, value in pairs]

    def form(self) -> list[tuple[str, str]]:
        """Return the parameters as a form writes them: a plus sign is a space."""
        pairs = (each.partition("=") for each in self.query.split("&") if each)
        return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]
