"""``python -m tests.hostile [WORD]``: play the rows whose name has the word, and say what is wrong.

``python -m tests.hostile --rounds N [SEED]`` tries mutated replies that no test has tried yet. One
line for each complaint; the tests are the same rows, and mutations from seeds that stay the same.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
from collections.abc import Sequence

from tests.hostile.dialogues import ROWS, SPELLINGS
from tests.hostile.fuzz import differences, good_ones
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


def fuzz(rounds: str, seed: str = "") -> int:
    number = int(seed) if seed else random.SystemRandom().randrange(1 << 32)
    found = differences(good_ones(SPELLINGS), number, int(rounds))
    print(*found, f"{rounds} rounds from seed {number}, {len(found)} complaints", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(fuzz(*sys.argv[2:4]) if sys.argv[1:2] == ["--rounds"] else main(*sys.argv[1:2]))
