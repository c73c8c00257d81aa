"""The table. Each module is a theme; where an outcome follows from a rule, a comment says which."""

from __future__ import annotations

from tests.hostile.dialogues import (
    answers,
    coding,
    fields,
    framing_coding,
    framing_fields,
    framing_length,
    framing_status,
    identity,
    proofs,
    query,
    redirects,
    stores,
    timing,
    truncation,
)
from tests.hostile.framing import Spelling
from tests.hostile.outcomes import Row

SPELLINGS: list[Spelling] = [
    *framing_status.SPELLINGS,
    *framing_fields.SPELLINGS,
    *framing_length.SPELLINGS,
    *framing_coding.SPELLINGS,
]

ROWS: list[Row] = [
    *identity.ROWS,
    *answers.ROWS,
    *truncation.ROWS,
    *coding.ROWS,
    *redirects.ROWS,
    *timing.ROWS,
    *fields.ROWS,
    *query.ROWS,
    *stores.ROWS,
    *proofs.ROWS,
]
