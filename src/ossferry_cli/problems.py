"""What a user can cause, or can do something about: one sentence each, and how the command ends.

Exit codes are part of what is promised: docs/cli.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

DONE, FAILED, USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130


class Problem(Exception):
    """The sentence says what to do. No secret is ever in it."""

    exit_code = FAILED

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class Misuse(Problem):
    """The command line asks for something that cannot be."""

    exit_code = USAGE


class NotEnded(Problem):
    """It has to have ended for that."""


class Refused(Problem):
    """Function Compute does not do it: ``status`` and ``code`` are its own."""

    def __init__(self, sentence: str, status: int, code: str) -> None:
        super().__init__(sentence)
        self.status, self.code = status, code


@contextmanager
def as_problems() -> Iterator[None]:
    """Errors of ossferry's own readers, as the problems that they are."""
    try:
        yield
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        raise Problem(sentence) from error


def sentence_of(error: Exception) -> str | None:
    """That of an error of ``ossferry``, which is not imported for it."""
    if "ossferry.errors" not in sys.modules:
        return None
    from ossferry.errors import FerryError

    return error.message if isinstance(error, FerryError) else None
