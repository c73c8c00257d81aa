"""What is wrong with a definition, and how an execution ends early."""

from __future__ import annotations


class InvalidFlow(ValueError):
    """The definition is refused before anything runs."""


class StepFailed(Exception):
    """A step failed; who retries or catches goes by the name of the error."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error, cause)
        self.error, self.cause = error, cause

    def __str__(self) -> str:
        return f"{self.error}: {self.cause}"


class Aborted(StepFailed):
    """The execution ends, whatever is caught: a limit, or data that is not there."""
