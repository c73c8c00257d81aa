"""Reads the fields of a JSON object one by one, and says which one is wrong and what to give.

Small on purpose: a schema library would cost every cold start more than the whole job.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidEvent


class Fields:
    """The fields of one JSON object. Each is read once; ``finish`` refuses those left over."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._left = dict(document)

    def text(self, name: str, *, pattern: str, meaning: str) -> str:
        found = self.optional_text(name, pattern=pattern, meaning=meaning)
        if found is None:
            raise InvalidEvent(f"{name} is missing: give {meaning}")
        return found

    def optional_text(self, name: str, *, pattern: str, meaning: str) -> str | None:
        value = self._left.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            raise InvalidEvent(f"{name} must be {meaning}")
        return value

    def optional_whole(self, name: str, least: int, most: int) -> int | None:
        """A whole number, as a JSON number or, because 64 bits do not fit in all of those, text."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,20}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InvalidEvent(f"{name} must be a whole number from {least} to {most}")
        return value

    def optional_texts(
        self,
        name: str,
        *,
        key_pattern: str,
        at_most: int,
        pattern: str = r"[\x20-\x7e\x80-\xff]*",
        meaning: str = "a text without control characters",
    ) -> dict[str, str]:
        """An object of texts that fit in HTTP headers, of at most so many bytes in all."""
        value = self._left.pop(name, None)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise InvalidEvent(f"{name} must be an object of texts")
        for key, text in value.items():
            if not re.fullmatch(key_pattern, key):
                raise InvalidEvent(f"{name} has a name that is not allowed: {key[:40]!r}")
            if not isinstance(text, str) or not re.fullmatch(pattern, text):
                raise InvalidEvent(f"{name}.{key} must be {meaning}")
        if sum(len(key) + len(text) for key, text in value.items()) > at_most:
            raise InvalidEvent(f"{name} is too large: at most {at_most} bytes in all")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        value = self._left.pop(name, None)
        if value is None:
            return None
        if value not in choices:
            raise InvalidEvent(f"{name} must be one of {', '.join(choices)}")
        return str(value)

    def finish(self) -> None:
        if self._left:
            raise InvalidEvent(f"unknown field {sorted(self._left)[0][:80]!r}: see docs/events.md")
