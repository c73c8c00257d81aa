"""Mutants: one small fault each, as a change of a file's text. Pure.

Left alone is what cannot matter to whoever uses the code: docstrings, annotations, the words of an
error or of the log, and the figures at the head of a module, which are tuning.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

_OPERATORS: dict[type[ast.AST], tuple[tuple[str, str], ...]] = {
    ast.Eq: (("==", "!="),),
    ast.NotEq: (("!=", "=="),),
    ast.Is: (("is", "is not"),),
    ast.IsNot: (("is not", "is"),),
    ast.In: (("in", "not in"),),
    ast.NotIn: (("not in", "in"),),
    ast.Lt: (("<", "<="), ("<", ">=")),
    ast.LtE: (("<=", "<"), ("<=", ">")),
    ast.Gt: ((">", ">="), (">", "<=")),
    ast.GtE: ((">=", ">"), (">=", "<")),
    ast.And: (("and", "or"),),
    ast.Or: (("or", "and"),),
    ast.Add: (("+", "-"),),
    ast.Sub: (("-", "+"),),
    ast.Mult: (("*", "//"),),
    ast.FloorDiv: (("//", "*"),),
}
_SAID = ("log", "sample")  # calls that only tell


@dataclass(frozen=True)
class Mutant:
    """``text`` is the whole file after the change; ``before`` and ``after`` are its lines.

    ``nth`` tells it from changes of other lines that read the same.
    """

    path: str
    line: int
    before: str
    after: str
    text: str
    nth: int = 1

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What it is known by; line numbers move."""
        return self.path, self.before, self.after, self.nth


@dataclass(frozen=True)
class _Change:
    start: int
    stop: int
    text: str


def replaced(path: str, source: str, before: str, after: str) -> Mutant:
    """The mutant of somebody's choice; ``before`` has to be in the file exactly once."""
    if source.count(before) != 1:
        raise ValueError(f"{path} has {source.count(before)} times: {before}")
    start = source.index(before)
    return _mutant(path, source, _Change(start, start + len(before), after))


def mutants(path: str, source: str) -> list[Mutant]:
    """All generic mutants of a file, in the order of its lines."""
    changes = _Changes(source).of(ast.parse(source))
    found = [_mutant(path, source, change) for change in changes]
    found.sort(key=lambda mutant: (mutant.line, mutant.after))
    seen = Counter[tuple[str, str]]()
    numbered = []
    for mutant in found:
        seen[mutant.before, mutant.after] += 1
        numbered.append(replace(mutant, nth=seen[mutant.before, mutant.after]))
    return numbered


def _mutant(path: str, source: str, change: _Change) -> Mutant:
    text = source[: change.start] + change.text + source[change.stop :]
    first = source.rfind("\n", 0, change.start) + 1
    last = source.find("\n", change.stop)
    before = source[first:last]
    after = text[first : last + len(text) - len(source)]
    return Mutant(path, source.count("\n", 0, first) + 1, _one(before), _one(after), text)


def _one(lines: str) -> str:
    return " ".join(lines.split())


class _Changes:
    def __init__(self, source: str) -> None:
        self._source = source
        lines = source.splitlines(keepends=True)
        self._lines = lines
        self._begins = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]

    def of(self, tree: ast.Module) -> Iterator[_Change]:
        for statement in tree.body:
            # Not the head of a module, nor what only a type checker sees.
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                yield from self._within(statement)

    def _within(self, node: ast.AST) -> Iterator[_Change]:
        if isinstance(node, ast.Raise | ast.JoinedStr) or _only_tells(node):
            return
        yield from self._at(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_docstring(child):
                    yield from self._within(child)

    def _at(self, node: ast.AST) -> Iterator[_Change]:
        yield from self._operators(node)
        match node:
            case ast.UnaryOp(op=ast.Not()):
                start = self._start(node)
                yield _Change(start, start + len("not "), "")
            case ast.Expr(value=ast.Call()):
                yield _Change(self._start(node), self._stop(node), "pass")
            case ast.Constant(value=value):
                for other in _other(value):
                    yield _Change(self._start(node), self._stop(node), repr(other))
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
                if isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr):
                    start, stop = self._start(test), self._stop(test)
                    yield _Change(start, stop, f"not ({self._source[start:stop]})")

    def _operators(self, node: ast.AST) -> Iterator[_Change]:
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                for (before, after), op in zip(pairwise([left, *others]), ops, strict=True):
                    yield from self._operator(before, op, after)
            case ast.BoolOp(op=op, values=values):
                for before, after in pairwise(values):
                    yield from self._operator(before, op, after)
            case ast.BinOp(left=before, op=op, right=after):
                yield from self._operator(before, op, after)

    def _operator(self, before: ast.expr, op: ast.AST, after: ast.expr) -> Iterator[_Change]:
        start, stop = self._stop(before), self._start(after)
        for old, new in _OPERATORS.get(type(op), ()):
            found = re.search(rf"(?<!\w){re.escape(old)}(?!\w)", self._source[start:stop])
            if found:
                yield _Change(start + found.start(), start + found.end(), new)

    def _start(self, node: ast.AST) -> int:
        return self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def _stop(self, node: ast.AST) -> int:
        return self._offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def _offset(self, line: int, column: int) -> int:
        before = self._lines[line - 1].encode()[:column].decode()  # columns count bytes
        return self._begins[line - 1] + len(before)


def _other(value: object) -> Iterator[object]:
    """What a constant may be instead: only of words that a protocol knows, not of sentences."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str) and re.fullmatch(r"[!-~]+", value):
        yield value + "~"


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _only_tells(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name == "__repr__"
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id in _SAID
    )
