"""A finding, and all of them as text or JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal, NamedTuple

Level = Literal["ok", "warning", "problem"]


class Finding(NamedTuple):
    """``about`` is one word or two that stay the same; ``remedy`` is "" where none is needed."""

    level: Level
    about: str
    text: str
    remedy: str = ""


def ok(about: str, text: str) -> Finding:
    return Finding("ok", about, text)


def warning(about: str, text: str, remedy: str) -> Finding:
    return Finding("warning", about, text, remedy)


def problem(about: str, text: str, remedy: str) -> Finding:
    return Finding("problem", about, text, remedy)


def exit_code(findings: Sequence[Finding]) -> int:
    """1 if there is a problem; warnings are none."""
    return int(any(each.level == "problem" for each in findings))


def as_json(findings: Sequence[Finding]) -> str:
    counts = {level: sum(each.level == level for each in findings) for level in _MARKS}
    document = {**counts, "findings": [each._asdict() for each in findings]}
    return json.dumps(document, ensure_ascii=False, indent=2)


_MARKS = {"ok": "ok", "warning": "warning", "problem": "PROBLEM"}


def line(finding: Finding) -> str:
    """The remedy on a line of its own."""
    text = f"{_MARKS[finding.level]:8} {finding.about}: {finding.text}"
    return f"{text}\n{'':9}-> {finding.remedy}" if finding.remedy else text


def summary(findings: Sequence[Finding]) -> str:
    problems, warnings = (
        sum(each.level == level for each in findings) for level in ("problem", "warning")
    )
    if not problems and not warnings:
        return "nothing is wrong"
    return f"{_counted(problems, 'problem')}, {_counted(warnings, 'warning')}"


def _counted(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'s' * (number != 1)}"
