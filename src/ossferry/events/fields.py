"""Reads the fields of a JSON object one by one, and says which one is wrong and what to give.

Small on purpose: a schema library would cost every cold start more than the whole job.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ..dates import moment_of
from ..errors import InvalidEvent

# What to give, with an example: who sees a region or a bucket for the first time needs one.
A_REGION = "a region id like cn-hangzhou"
A_BUCKET = "a bucket's name like my-bucket: 3 to 63 lower-case letters, digits and -"
CREDENTIALS = r"[A-Za-z0-9_]{1,64}"
OF_CREDENTIALS = "a name that a setting OSSFERRY_CREDENTIALS_<NAME> gives them, never the keys"
_NEAR = 0.75  # of a name's letters, in their order


class Fields:
    """The fields of one JSON object. Each is read once; ``finish`` refuses those left over."""

    def __init__(self, document: Mapping[str, Any], known: Collection[str] = ()) -> None:
        """``known``: all names that there are, if others are to be refused before any is read."""
        self._left = dict(document)
        self._read = {*known}
        if known:
            self._refuse(document.keys() - self._read)

    def require(self, **meanings: str) -> None:
        """Refuse a document without these fields, all at once, by what to give for each."""
        missing = [name for name in meanings if self._left.get(name) is None]
        if missing:
            are = "is" if len(missing) == 1 else "are"
            what = _listed([meanings[name].partition(": ")[0] for name in missing])
            raise InvalidEvent(f"{_listed(missing)} {are} missing: give {what}")

    def text(self, name: str, *, pattern: str, meaning: str) -> str:
        found = self.optional_text(name, pattern=pattern, meaning=meaning)
        if found is None:
            raise InvalidEvent(f"{name} is missing: give {meaning}")
        return found

    def optional_text(self, name: str, *, pattern: str, meaning: str) -> str | None:
        value = self._taken(name)
        if value is None:
            return None
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            raise InvalidEvent(f"{name} must be {meaning}")
        return value

    def optional_whole(self, name: str, least: int, most: int) -> int | None:
        """A whole number, as a JSON number or, because 64 bits do not fit in all of those, text."""
        value = self._taken(name)
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
        value = self._taken(name)
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

    def flag(self, name: str) -> bool:
        value = self._taken(name)
        if not isinstance(value, bool | None):
            raise InvalidEvent(f"{name} must be true or false")
        return bool(value)

    def optional_any(self, name: str) -> object:
        return self._taken(name)

    def texts(self, name: str, meaning: str) -> tuple[str, ...]:
        """A text, or a list of texts; at most a hundred."""
        value = self._taken(name)
        several = [] if value is None else value if isinstance(value, list) else [value]
        if len(several) > 100 or not all(isinstance(each, str) and each for each in several):
            raise InvalidEvent(f"{name} must be {meaning}, or a list of at most 100 of them")
        return tuple(several)

    def moment(self, name: str) -> float | None:
        """A date and time as RFC 3339 has it, in epoch seconds."""
        value = self._taken(name)
        if value is None:
            return None
        moment = moment_of(value) if isinstance(value, str) else None
        if moment is None:
            raise InvalidEvent(f"{name} must be a moment like 2026-01-31T12:00:00Z")
        return moment

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        value = self._taken(name)
        if value is None:
            return None
        if value not in choices:
            raise InvalidEvent(f"{name} must be one of {', '.join(choices)}")
        return str(value)

    def finish(self) -> None:
        self._refuse(self._left)

    def _taken(self, name: str) -> Any:
        self._read.add(name)
        return self._left.pop(name, None)

    def _refuse(self, unknown: Collection[str]) -> None:
        """The one that is near a name, if any: the others may follow from it."""
        nearest = {name: near(name, self._read) for name in sorted(unknown)}
        for name, meant in sorted(nearest.items(), key=lambda each: each[1] is None):
            advice = f"did you mean {meant}?" if meant else "see docs/events.md"
            raise InvalidEvent(f"{_shown(name)} is not a field: {advice}")


def near(name: str, known: Collection[str]) -> str | None:
    """The name that was meant, as far as that can be told: however it is written."""
    from difflib import get_close_matches  # which nobody needs who makes no mistakes

    plain = {re.sub(r"[^a-z0-9]", "", each): each for each in sorted(known)}
    written = re.sub(r"[^a-z0-9]", "", name[:80].lower())
    found = get_close_matches(written, plain, 1, _NEAR)
    return plain[found[0]] if found else None


def _shown(name: str) -> str:
    """A name of a field; of anything else that stands there, only its beginning, quoted, and of
    a URL, which may hold a password, nothing."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name):
        return name
    if "://" in name:
        return "a URL"
    return repr(name.partition("?")[0][:80])


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
