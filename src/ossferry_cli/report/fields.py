"""Reads values out of JSON that anybody may have written, and says where one is wrong. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..problems import Problem


class Broken(Problem):
    """The report is not what ossferry writes."""

    def __init__(self, where: str, wanted: str) -> None:
        super().__init__(
            f"the report is broken: {where} is not {wanted}; copy it from its bucket again, or"
            " update ossferry if a newer one wrote it"
        )


class Fields:
    """One object of the document. ``where`` is the way to it."""

    __slots__ = ("_held", "_where")

    def __init__(self, held: Any, where: str = "") -> None:
        if not isinstance(held, Mapping):
            raise Broken(where or "all of it", "an object")
        self._held, self._where = held, where

    def text(self, name: str, default: str | None = None) -> str:
        found = self._found(name, default)
        return found if isinstance(found, str) else self._broken(name, "a text")

    def number(self, name: str, default: float | None = None) -> float:
        return number(self._found(name, default), self._at(name))

    def maybe(self, name: str) -> float | None:
        return None if self._held.get(name) is None else self.number(name)

    def count(self, name: str, default: int | None = None) -> int:
        return int(self.number(name, default))

    def inner(self, name: str) -> Fields:
        """An object, or an empty one where there is none."""
        found = self._held.get(name)
        return Fields({} if found is None else found, self._at(name))

    def has(self, name: str) -> bool:
        return self._held.get(name) is not None

    def each(self, name: str) -> list[tuple[Any, str]]:
        """What a list holds, with the way to it."""
        found = self._held.get(name)
        if found is None:
            return []
        if not isinstance(found, list):
            self._broken(name, "a list")
        return [(each, f"{self._at(name)}[{place}]") for place, each in enumerate(found)]

    def texts(self, name: str) -> tuple[str, ...]:
        found = [(str(each), isinstance(each, str), at) for each, at in self.each(name)]
        for _, is_text, at in found:
            if not is_text:
                raise Broken(at, "a text")
        return tuple(text for text, *_ in found)

    def numbers(self, name: str = "") -> dict[str, float]:
        """All of an object whose values are numbers; those that are null are left out."""
        held = self.inner(name) if name else self
        return {str(key): held.number(key) for key in held._held if held.has(key)}

    def _found(self, name: str, default: Any) -> Any:
        found = self._held.get(name)
        return default if found is None else found

    def _at(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def _broken(self, name: str, wanted: str) -> Any:
        raise Broken(self._at(name), wanted)


def number(found: Any, where: str) -> float:
    """Whole ones stay whole. What JSON cannot say, or nobody can count to, is no number."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Broken(where, "a number")
    if not -1e18 < found < 1e18:  # nor is it one that is not a number
        raise Broken(where, "a number that can be")
    return found


def row(found: Any, where: str, length: int) -> Sequence[float]:
    """A list of so many numbers; more of them are of a later version."""
    if not isinstance(found, list) or len(found) < length:
        raise Broken(where, f"a list of {length} numbers")
    return [number(each, where) for each in found[:length]]
