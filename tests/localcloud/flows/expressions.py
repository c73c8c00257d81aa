"""Paths into data, and conditions on it: what both languages have in common.

Stricter than CloudFlow may be: what is not there, and what has another type than what it is
compared with, ends the execution.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.localcloud.flows.failures import Aborted, InvalidFlow

# What a path begins with, such as $ or $Input, and the data that it stands for.
Scope = Mapping[str, Any]
Expression = Callable[[Scope], Any]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<path>\$\w*(?:\.\w+|\[\d+\])*)
    | (?P<text>"[^"]*"|`[^`]*`)
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<word>true|false)\b
    | (?P<mark>==|!=|<=|>=|<|>|&&|\|\||!|\(|\))
    )""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compiled(text: object, roots: frozenset[str]) -> Expression:
    """Read an expression that may speak of these roots; anything else is refused."""
    if not isinstance(text, str):
        raise InvalidFlow(f"{text!r} is no expression")
    reader = _Reader(text, roots)
    expression = reader.either()
    reader.end()
    return expression


class _Reader:
    def __init__(self, text: str, roots: frozenset[str]) -> None:
        self._text = text
        self._roots = roots
        self._tokens = list(_tokens(text))

    def end(self) -> None:
        if self._tokens:
            raise InvalidFlow(f"{self._text!r} goes on after its end")

    def either(self) -> Expression:
        left = self._both()
        while self._take("||"):
            left = _either(left, self._both())
        return left

    def _both(self) -> Expression:
        left = self._comparison()
        while self._take("&&"):
            left = _both(left, self._comparison())
        return left

    def _comparison(self) -> Expression:
        left = self._single()
        if self._tokens and self._tokens[0][1] in _COMPARE:
            return _compared(self._tokens.pop(0)[1], left, self._single())
        return left

    def _single(self) -> Expression:
        if self._take("!"):
            inner = self._single()
            return lambda scope: not _truth(inner(scope))
        if self._take("("):
            inner = self.either()
            if not self._take(")"):
                raise InvalidFlow(f"{self._text!r} does not close what it opens")
            return inner
        if not self._tokens or self._tokens[0][0] == "mark":
            raise InvalidFlow(f"{self._text!r} is no expression")
        kind, token = self._tokens.pop(0)
        return self._path(token) if kind == "path" else _constant(kind, token)

    def _path(self, token: str) -> Expression:
        root = re.match(r"\$\w*", token)
        assert root is not None
        if root[0] not in self._roots:
            raise InvalidFlow(f"{token} is not known here, only {', '.join(sorted(self._roots))}")
        steps = re.findall(r"\.(\w+)|\[(\d+)\]", token)
        return lambda scope: _found(scope[root[0]], steps, token)

    def _take(self, mark: str) -> bool:
        if self._tokens and self._tokens[0] == ("mark", mark):
            self._tokens.pop(0)
            return True
        return False


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None or match.lastgroup is None:
            raise InvalidFlow(f"{text!r} has what is not known at {stripped[at:]!r}")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _constant(kind: str, token: str) -> Expression:
    value: Any
    if kind == "text":
        value = token[1:-1]
    elif kind == "word":
        value = token == "true"
    else:
        value = float(token) if "." in token else int(token)
    return lambda _scope: value


def _found(data: Any, steps: list[tuple[str, str]], path: str) -> Any:
    for name, index in steps:
        try:
            data = data[int(index)] if index else data[name]
        except (KeyError, IndexError, TypeError):
            raise Aborted("MissingData", f"there is no {path}") from None
    return data


def _compared(mark: str, left: Expression, right: Expression) -> Expression:
    def compare(scope: Scope) -> bool:
        values = left(scope), right(scope)
        if len({_type(each) for each in values}) > 1:
            raise Aborted("MixedTypes", f"{values[0]!r} {mark} {values[1]!r}")
        return _COMPARE[mark](*values)

    return compare


def _type(value: Any) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _either(left: Expression, right: Expression) -> Expression:
    return lambda scope: _truth(left(scope)) or _truth(right(scope))


def _both(left: Expression, right: Expression) -> Expression:
    return lambda scope: _truth(left(scope)) and _truth(right(scope))


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Aborted("MixedTypes", f"{value!r} is neither true nor false")
    return value
