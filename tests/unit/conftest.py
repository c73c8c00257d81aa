"""Hypothesis for machines that are busy with other things: no time limit for one example."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unit", deadline=None, max_examples=60, database=None)
settings.load_profile("unit")
