"""Findings as a person or a program reads them, each as soon as it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .finding import Finding, exit_code, line, summary
from .finding import as_json as document


def shown(findings: Iterable[Finding], say: Callable[[str], object], *, as_json: bool) -> int:
    """Says them all; the exit code."""
    found: list[Finding] = []
    for each in findings:
        found.append(each)
        if not as_json:
            say(line(each))
    say(document(found) if as_json else summary(found))
    return exit_code(found)
