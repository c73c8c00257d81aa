"""Reads definitions strictly: whatever is not known here is refused, and never passed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.localcloud.flows.failures import InvalidFlow

MOST_INTERVAL = 86_400
Object = Mapping[str, Any]


def fields_of(value: object, what: str, required: str, optional: str = "") -> Object:
    """An object with all that is required, and nothing that is not known; names with blanks."""
    if not isinstance(value, Mapping):
        raise InvalidFlow(f"{what} must be an object")
    known = {*required.split(), *optional.split()}
    if unknown := value.keys() - known:
        raise InvalidFlow(f"{what} has unknown fields: {', '.join(sorted(map(str, unknown)))}")
    if missing := {*required.split()} - value.keys():
        raise InvalidFlow(f"{what} lacks {', '.join(sorted(missing))}")
    return value


def list_of(value: object, what: str) -> Sequence[Any]:
    """A list that is not empty."""
    if not isinstance(value, list) or not value:
        raise InvalidFlow(f"{what} must be a list with something in it")
    return value


def text_of(value: object, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidFlow(f"{what} must be a text")
    return value


def one_of(value: object, what: str, *known: str) -> str:
    if value not in known:
        raise InvalidFlow(f"{what} must be one of {', '.join(known)}, and is {value!r}")
    return str(value)


def named(entries: Sequence[Any], what: str, name: str, known: Callable[[Any], Any]) -> list[Any]:
    """Steps that follow each other; each has a name of its own."""
    read = [known(each) for each in entries]
    names = [each[name] for each in entries]
    if len({*names}) < len(names):
        raise InvalidFlow(f"{what} has two of one name")
    return read


@dataclass(frozen=True, slots=True)
class RetryRule:
    """``attempts`` more, after ``interval`` seconds that grow by ``rate`` up to ``cap``."""

    errors: frozenset[str]
    interval: float
    attempts: int
    rate: float
    cap: float

    def is_for(self, error: str) -> bool:
        return error in self.errors or "FnF.ALL" in self.errors

    def delay(self, attempt: int) -> float:
        """The seconds before another attempt, counted from 0."""
        return min(self.interval * self.rate**attempt, self.cap)


def retry_rule(entry: Object, interval: Any, attempts: Any, rate: Any, cap: Any) -> RetryRule:
    """The bounds of both languages are the same."""
    for value in (interval, cap):
        if not _is_number(value) or not 0 < value <= MOST_INTERVAL:
            raise InvalidFlow(f"a retry waits for 1 to {MOST_INTERVAL} seconds, not for {value!r}")
    if not _is_number(attempts) or not _is_number(rate) or attempts < 1 or rate < 1:
        raise InvalidFlow("a retry has one attempt at least, and intervals that do not shrink")
    errors = entry.get("errors", entry.get("Errors"))
    texts = frozenset(text_of(each, "an error") for each in list_of(errors, "errors"))
    return RetryRule(texts, interval, attempts, rate, cap)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
