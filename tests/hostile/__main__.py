"""``python -m tests.hostile [WORD]``: play the rows whose name has the word, and say what is wrong.

One line for each row that fails; the tests are the same rows.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence

from tests.hostile.dialogues import ROWS, SPELLINGS
from tests.hostile.outcomes import Row
from tests.hostile.stage import complaints, side_by_side, stage


def _failures(rows: Sequence[Row]) -> list[str]:
    """A line for each row that does not end as it has to."""
    with stage() as running, side_by_side(running, rows) as futures:
        played = [(row, futures[row.name].result()) for row in rows]
    return [
        f"{row.name}: {complaint}" for row, went in played for complaint in complaints(row, went)
    ]


def main(word: str = "") -> int:
    rows = [*ROWS, *(row for spelling in SPELLINGS for row in spelling.rows())]
    chosen = [row for row in rows if word in row.name]
    with contextlib.redirect_stdout(io.StringIO()):  # what the function logs
        failures = _failures(chosen)
    print(*failures, f"{len(chosen)} rows, {len(failures)} complaints", sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
