"""Mutants of our own choice: a step of a promise left out. Nothing generic makes these."""

from __future__ import annotations

from tests.mutation.by_hand import clouds, copying, jobs, many, programs, records, sources, spread

ROWS = (
    *records.ROWS,
    *sources.ROWS,
    *copying.ROWS,
    *spread.ROWS,
    *many.ROWS,
    *jobs.ROWS,
    *programs.ROWS,
    *clouds.ROWS,
)
